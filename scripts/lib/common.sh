# shellcheck shell=bash
# Shared by the scripts of this folder: progress lines with the time that has passed, and errors with a fix.

# A test points this at another file to play another distribution.
: "${SHIPLANE_OS_RELEASE:=/etc/os-release}"
: "${SHIPLANE_STARTED:=$(date +%s)}"
export SHIPLANE_STARTED

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

# fail_with_log CAUSE LOG: like fail, with the last lines of what went wrong.
fail_with_log() {
    printf 'error: %s; the last lines of %s:\n' "$1" "$2" >&2
    tail -n 25 "$2" | sed 's/^/  | /' >&2
    exit 1
}

# have PROGRAM: tell whether a program is on the PATH.
have() {
    command -v "$1" >/dev/null 2>&1
}

# as_root COMMAND...: run a command as root, by sudo where needed. May never wait for a password without a terminal.
as_root() {
    if [[ $(id -u) -eq 0 ]]; then
        "$@"
    elif [[ -t 0 ]]; then
        sudo -- "$@"
    else
        sudo -n -- "$@"
    fi
}

# can_be_root: tell whether as_root can work.
can_be_root() {
    [[ $(id -u) -eq 0 ]] || { have sudo && { [[ -t 0 ]] || sudo -n true 2>/dev/null; }; }
}

# version_at_least FOUND WANTED: compare dotted numbers; a leading v and any suffix of FOUND are ignored.
version_at_least() {
    local found=${1#v}
    found=${found%%[!0-9.]*}
    [[ -n $found && $(printf '%s\n%s\n' "$2" "$found" | sort -V | head -n 1) == "$2" ]]
}

# quietly TITLE LOG COMMAND...: run a command with its output in LOG; say every 20 s that it is still at work.
quietly() {
    local title=$1 log=$2 pid waited=0
    shift 2
    "$@" >>"$log" 2>&1 </dev/null &
    pid=$!
    while kill -0 "$pid" 2>/dev/null; do
        sleep 0.2
        waited=$((waited + 1))
        ((waited % 100)) || say "$title: still at work, $((waited / 5)) s; last: $(last_line "$log")"
    done
    wait "$pid"
}

# last_line FILE: print the last line that holds anything, cut to the width of a terminal.
last_line() {
    tail -n 5 "$1" | tr '\r' '\n' | grep -v '^[[:space:]]*$' | tail -n 1 | cut -c 1-100
}
