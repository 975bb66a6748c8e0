# shellcheck shell=bash
# lock VERB FOLDER STALE RUN HOLDER: take, renew, drop, show or break the lock of an environment.
# RUN is `"run": "…"`, HOLDER that with the process: the beginning of holder.json, whose times are this server's.
# Its modification time says when it was renewed. All under a lock of the guard file: of two that find a stale
# holder, one wins.
main() {
    local verb=$1 stale=$3 run=$4 holder=$5
    [ "$verb" = take ] || [ -d "$2/.lock" ] || return 0
    mkdir -p "$2/.lock"
    cd "$2/.lock" || return
    exec 9>guard
    flock -w 10 9
    "do_$verb" "$run" "$holder" "$stale"
}

holds() { [ -s holder.json ] && grep -qF -- "$1" holder.json; }

age() { echo $(($(date +%s) - $(stat -c %Y holder.json))); }

answer() { printf '%s\t%s\n' "$1" "$(cat holder.json 2>/dev/null)"; }

enter() {
    local now
    now=$(date -u +%Y-%m-%dT%H:%M:%SZ)
    printf '{%s, "since": "%s", "renewed_at": "%s"}\n' "$1" "$now" "$now" >holder.new
    mv -T holder.new holder.json
}

touch_holder() {
    sed 's/"renewed_at": "[^"]*"/"renewed_at": "'"$(date -u +%Y-%m-%dT%H:%M:%SZ)"'"/' holder.json >holder.new
    mv -T holder.new holder.json
}

do_take() {
    if ! [ -s holder.json ]; then
        enter "$2"
        answer taken
    elif holds "$2,"; then
        answer nested
        touch_holder
    elif holds "$1,"; then
        answer again
        enter "$2"
    elif [ "$(age)" -gt "$3" ]; then
        answer stale
        enter "$2"
    else
        answer held
    fi
}

do_renew() {
    if holds "$1,"; then
        touch_holder
        answer renewed
    else
        answer lost
    fi
}

do_drop() {
    if holds "$2,"; then
        rm -f holder.json
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
    answer broken
    rm -f holder.json
}
