# shellcheck shell=bash
# Shared by the scripts of this folder: progress lines with the time that has passed, and errors with a fix.
# Everything but the installation of the engine also runs on the bash 3.2 of macOS.

# The administrator's programs (dockerd, iptables) are not on every user's PATH.
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin
: "${SHIPLANE_STARTED:=$(date +%s)}"
export PATH SHIPLANE_STARTED

EXIT_SETUP=2 # the machine lacks something that a person has to bring

# say TEXT...: print a progress line with the seconds since the script started.
say() {
    printf '[%4ds] %s\n' "$(($(date +%s) - SHIPLANE_STARTED))" "$*"
}

# fail CAUSE FIX: print two lines to stderr and leave with the exit code of a missing prerequisite.
fail() {
    printf 'error: %s\n  fix: %s\n' "$1" "$2" >&2
    exit "$EXIT_SETUP"
}

# fail_with_log CAUSE LOG: print the cause with the last lines of what went wrong, and leave with 1.
fail_with_log() {
    printf 'error: %s; the last lines of %s:\n' "$1" "$2" >&2
    { tail -n 25 "$2" || true; } | sed 's/^/  | /' >&2
    exit 1
}

# have PROGRAM: tell whether a program is on the PATH.
have() {
    command -v "$1" >/dev/null 2>&1
}

# as_root COMMAND...: run a command as root, by sudo where needed; can_be_root has asked for the password.
as_root() {
    if [[ $(id -u) -eq 0 ]]; then
        "$@"
    else
        sudo -n -- "$@"
    fi
}

# can_be_root: tell whether as_root can work; ask for a password only where a person can type one.
can_be_root() {
    [[ $(id -u) -ne 0 ]] || return 0
    have sudo || return 1
    sudo -n true 2>/dev/null || { [[ -t 0 ]] && sudo -v; }
}

# version_at_least FOUND WANTED: compare dotted numbers; a leading v and any suffix of FOUND are ignored.
version_at_least() {
    local found=${1#v}
    found=${found%%[!0-9.]*}
    [[ -n $found && $(printf '%s\n%s\n' "$2" "$found" | sort -V | head -n 1) == "$2" ]]
}

# fingerprint FILE...: print a hash of the files' contents.
fingerprint() {
    local hasher=(sha256sum)
    have sha256sum || hasher=(shasum -a 256)
    cat -- "$@" | "${hasher[@]}" | cut -d ' ' -f 1
}

# quietly TITLE LOG COMMAND...: run a command with its output in LOG; say every 20 s that it is still at work.
quietly() {
    local title=$1 log=$2 ticks=0
    shift 2
    # What is started here may stay (a service of a package): it must not keep a lock of ours (8, 9).
    "$@" >>"$log" 2>&1 </dev/null 8>&- 9>&- &
    quiet_pid=$!
    trap 'kill "$quiet_pid" 2>/dev/null; exit 143' TERM
    while kill -0 "$quiet_pid" 2>/dev/null; do
        sleep 0.1
        ticks=$((ticks + 1))
        ((ticks % 200)) || say "$title: at work for $((ticks / 10)) s; $(last_line "$log")"
    done
    trap - TERM
    wait "$quiet_pid"
}

# last_line FILE: print the last line that holds anything, cut to the width of a terminal.
last_line() {
    # shellcheck disable=SC2016 # the dollar is sed's last line
    tail -n 5 "$1" | tr '\r' '\n' | sed -n '/[^[:space:]]/h; ${x;p;}' | cut -c 1-90
}
