# shellcheck shell=bash
# Bring the npm packages of a folder that has a package-lock.json.

NODE_AT_LEAST=20.19

# node_stamp ROOT FOLDER: print what the packages were made of; compiled ones fit one release of Node.js.
node_stamp() {
    echo "$(fingerprint "$1/$2/package-lock.json") $(node --version)"
}

# node_problem ROOT FOLDER: print what is to be done, nothing when the packages are there or none are wanted.
node_problem() {
    local made=$1/$2/node_modules/.shiplane
    [[ -f $1/$2/package-lock.json ]] || return 0
    if ! have npm || ! version_at_least "$(node --version 2>/dev/null)" "$NODE_AT_LEAST"; then
        echo "no Node.js >= $NODE_AT_LEAST with npm"
    elif [[ ! -f $made || $(cat "$made") != "$(node_stamp "$1" "$2")" ]]; then
        echo "the packages in $2/node_modules are not those of its package-lock.json"
    fi
}

# node_bring ROOT FOLDER LOG: install the packages of one folder.
node_bring() {
    local problem
    problem=$(node_problem "$1" "$2")
    [[ $problem != no\ Node* ]] ||
        fail "$2: $problem was found" "install Node.js (Debian >= 13, Ubuntu >= 25.10: apt-get install nodejs npm; macOS: brew install node; \
older systems have an older one: take it from nodejs.org, or by nvm)"
    if [[ -n $problem ]]; then
        say "npm: installing the packages of $2"
        # Browsers come from the distribution, not from a download.
        quietly "npm: $2" "$3" env PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD=1 \
            npm --prefix "$1/$2" ci --no-audit --no-fund --no-update-notifier ||
            fail_with_log "the npm packages of $2 could not be installed" "$3"
        node_stamp "$1" "$2" >"$1/$2/node_modules/.shiplane"
    fi
    say "npm: $2 ready"
}
