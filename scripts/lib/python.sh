# shellcheck shell=bash
# Bring the Python environment in .venv from the hash-locked list.

PYTHON_AT_LEAST=3.11

# python_find: print the path of the interpreter to use, or leave with what to install.
python_find() {
    local candidate
    for candidate in ${SHIPLANE_PYTHON:+"$SHIPLANE_PYTHON"} python3 python3.13 python3.12 python3.11 python3.14 \
        /usr/bin/python3 /opt/homebrew/bin/python3 /usr/local/bin/python3; do
        # A pyenv shim decides by the folder it is started in; the interpreter that it prints does not.
        "$candidate" - 2>/dev/null <<'EOF' && return 0
import sys, venv, ensurepip
if sys.version_info < (3, 11):
    sys.exit(1)
# That of an environment which is active, ours or another one, would go with it.
print(sys._base_executable)
EOF
    done
    fail "no Python >= $PYTHON_AT_LEAST with venv and pip was found" \
        "install it (Debian, Ubuntu: apt-get install python3-venv; macOS: brew install python), or set SHIPLANE_PYTHON"
}

# python_stamp ROOT: print what the environment was made of; a moved checkout or another Python needs a new one.
python_stamp() {
    local version
    version=$("$1/.venv/bin/python" -c 'import sys; print(sys.version.split()[0])' 2>/dev/null) || version=none
    echo "python $version in $1"
}

# python_problem ROOT: print what is to be done, nothing when the environment is complete.
python_problem() {
    local made=$1/.venv/.shiplane
    if [[ ! -f $made/python || $(cat "$made/python") != "$(python_stamp "$1")" ]]; then
        echo "no environment in .venv"
    elif [[ ! -f $made/lock || $(cat "$made/lock") != "$(fingerprint "$1/requirements/shiplane.txt")" ]]; then
        echo "the packages in .venv are not those of requirements/shiplane.txt"
    elif [[ ! -f $made/project || $(cat "$made/project") != "$(fingerprint "$1/pyproject.toml")" ]]; then
        echo "shiplane is not installed in .venv from this pyproject.toml"
    fi
}

# python_bring ROOT LOG: make the environment, or only what of it is out of date.
python_bring() {
    local problem last=
    while problem=$(python_problem "$1") && [[ -n $problem ]]; do
        [[ $problem != "$last" ]] || fail_with_log "python: $problem, although it was just made" "$2"
        last=$problem
        say "python: $problem; making it"
        case $problem in
        no*) python_make "$1" "$2" ;;
        *packages*) python_install_lock "$1" "$2" ;;
        *) python_install_project "$1" "$2" ;;
        esac
    done
    say "python: ready"
}

# python_make ROOT LOG: make an empty environment.
python_make() {
    local interpreter
    interpreter=$(python_find) || exit
    # A link leads to the environment of another checkout, which is not ours to clear.
    [[ ! -L $1/.venv ]] || rm "$1/.venv"
    quietly "python: environment" "$2" "$interpreter" -m venv --clear "$1/.venv" ||
        fail_with_log "the Python environment could not be made" "$2"
    mkdir -p "$1/.venv/.shiplane"
    python_stamp "$1" >"$1/.venv/.shiplane/python"
}

# python_pip ROOT ARGUMENT...: run the environment's pip, deaf to settings that would send packages elsewhere.
python_pip() {
    local root=$1
    shift
    env -u PIP_TARGET -u PIP_PREFIX -u PIP_USER -u PIP_NO_BINARY -u PIP_CONSTRAINT -u PYTHONPATH \
        "$root/.venv/bin/python" -m pip --disable-pip-version-check --no-input "$@"
}

# python_install_lock ROOT LOG: install the locked packages, and remove those that an earlier lock brought.
python_install_lock() {
    local lock=$1/requirements/shiplane.txt extra
    quietly "python: packages" "$2" python_pip "$1" install --require-hashes --no-deps --only-binary=:all: -r "$lock" ||
        fail_with_log "the Python packages could not be installed" "$2"
    extra=$(python_pip "$1" list --format=freeze 2>>"$2" | sed 's/=.*//' | tr 'A-Z_.' 'a-z--' |
        grep -vxF -e pip -e shiplane -f <(sed -n 's/^\([a-z0-9-]*\)==.*/\1/p' "$lock")) || extra=
    if [[ -n $extra ]]; then
        # shellcheck disable=SC2086 # names of packages, one word each
        python_pip "$1" uninstall --yes $extra >>"$2" 2>&1
    fi
    fingerprint "$lock" >"$1/.venv/.shiplane/lock"
}

# python_install_project ROOT LOG: install Shiplane itself from the checkout, with the locked build backend.
python_install_project() {
    quietly "python: shiplane" "$2" python_pip "$1" install --no-deps --no-build-isolation --no-index --editable "$1" ||
        fail_with_log "shiplane could not be installed" "$2"
    fingerprint "$1/pyproject.toml" >"$1/.venv/.shiplane/project"
}
