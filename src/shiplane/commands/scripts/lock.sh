# shellcheck shell=bash
# lock VERB FOLDER STALE RUN HOLDER [GONE]: take, renew, beat, drop, show or break the lock of an environment.
# RUN is `"run": "…"`, HOLDER that with the process: the beginning of holder.json, whose times are this server's. GONE
# is a holder that is known to have ended. The file's modification time says when it was renewed, that of `caller` when
# by the holder itself and not by a job: a renewal writes nothing, so that a full disk cannot hinder it. All under a lock
# of the guard file: of two that find a stale holder, one wins.
main() {
    local verb=$1 stale=$3 run=$4 holder=$5 gone=${6-}
    if [ "$verb" != take ] && [ ! -d "$2/.lock" ]; then
        # Its folder is gone, and with it the lock.
        case $verb in renew) answer lost ;; beat) return 9 ;; esac
        return 0
    fi
    mkdir -p "$2/.lock"
    cd "$2/.lock" || return
    exec 9>guard
    flock -w 10 9
    "do_$verb" "$run" "$holder" "$stale" "$gone"
}

holds() { [ -s holder.json ] && grep -qF -- "$1" holder.json; }

age() { echo $(($(date +%s) - $(stat -c %Y holder.json))); }

# answer VERDICT: print it, a tab and the holder with the time of its own last renewal and the job that runs.
answer() {
    local renewed=holder.json
    [ -s holder.json ] || { printf '%s\t\n' "$1"; return; }
    [ ! -e caller ] || renewed=caller
    printf '%s\t%s, "renewed_at": "%s", "job": "%s"}\n' "$1" "$(sed 's/}$//' holder.json)" \
        "$(date -u -r "$renewed" +%Y-%m-%dT%H:%M:%S.%3NZ)" "$(running)"
}

# running: print the title of the job that runs here, as JSON has it between quotes.
running() { ! job_lives ../.job || tr -d '\000-\037' <../.job/title | sed 's/[\\"]/\\&/g'; }

enter() {
    printf '{%s, "since": "%s"}\n' "$1" "$(date -u +%Y-%m-%dT%H:%M:%SZ)" >holder.new
    : >caller
    mv -T holder.new holder.json
}

# renew: a lock that an older version has taken has no file of its caller.
renew() { touch holder.json && touch -c caller; }

do_take() {
    local verdict
    if ! [ -s holder.json ]; then
        verdict=taken
    elif holds "$2,"; then
        verdict=nested
        renew
    elif holds "$1,"; then
        verdict=again
    elif [ -n "$4" ] && holds "$4,"; then
        verdict=gone
        # A phase that it left running goes on to its end: it renews the lock, and would lose it in the middle.
        ! job_lives ../.job || verdict=busy
    elif [ "$(age)" -gt "$3" ]; then
        verdict=stale
    else
        verdict=held
    fi
    answer "$verdict"
    case $verdict in taken | again | gone | stale) enter "$2" ;; esac
}

do_renew() {
    if holds "$1,"; then
        renew
        answer renewed
    else
        answer lost
    fi
}

# For a job on this server: 9 means that another one has the lock; whatever else fails is no reason to end.
do_beat() {
    holds "$1," || return 9
    touch holder.json
}

do_drop() {
    if holds "$2,"; then
        rm -f holder.json caller
        echo dropped
    fi
}

do_show() { [ ! -s holder.json ] || answer held; }

do_break() {
    [ -s holder.json ] || return 0
    # Of a holder that somebody was shown, no other one's lock may be removed.
    if [ -n "$2" ] && ! holds "$2,"; then
        answer held
        return
    fi
    # Without a lock it would end within seconds, and undo nothing.
    if job_lives ../.job; then
        answer busy
        return
    fi
    answer broken
    rm -f holder.json caller
}
