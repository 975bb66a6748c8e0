# shellcheck shell=bash
# supervise ID SECONDS UNDO_SECONDS: part of a job, not of a caller: run the functions that the caller has written:
# `commands`, in the end `always`, where they fail `evidence` and `undo`, and `beat` first and then every five seconds.
main() {
    local code=0 watcher=
    # Nothing of the group stays, whichever line ends this.
    trap 'end_group' EXIT
    tell_of "$$" "$1"
    # The group is told to end as a whole: what runs ends, this goes on to the undo.
    trap : TERM
    # Its room on the disk is taken now: the last word is written over it, and a full disk cannot stop that.
    echo 000 >.job/code.new
    # A caller that stood still may have lost the lock long ago.
    beat >/dev/null 2>&1 || code=$?
    case $code in
        9) : >.job/lost ;;
        # Told to end before it began.
        143) ;;
        *)
            code=0
            watch_over "$2" &
            watcher=$!
            keep_beat &
            commands || code=$?
            ;;
    esac
    # These codes are a job's own words; a command that ends with one of them has failed like any other.
    case $code in 5 | 6 | 7 | 44 | 124) code=1 ;; esac
    [ ! -e .job/over ] || code=124
    if [ -e .job/lost ]; then code=5; elif [ "$code" -ne 0 ]; then take_back "$3" || code=$?; fi
    always || :
    printf '%03d\n' "$code" 1<>.job/code.new
    mv -T .job/code.new .job/code
}

end_group() {
    trap '' TERM
    kill -KILL -- "-$$"
}

# take_back SECONDS: give evidence and undo; end with 6 or 7, or with 0 where there is nothing to undo with.
take_back() {
    evidence || :
    # It watches over the time of the commands; the undo has its own.
    kill -KILL "$watcher" 2>/dev/null || :
    wait "$watcher" 2>/dev/null || :
    declare -F undo >/dev/null || return 0
    (trap '' TERM; sleep "$1"; kill -KILL -- "-$$") &
    undo && return 6
    return 7
}

watch_over() {
    trap '' TERM
    sleep "$1" &
    wait $!
    : >.job/over || :
    kill -TERM -- "-$$"
}

keep_beat() {
    local code
    trap '' TERM
    while sleep 5; do
        code=0
        beat >/dev/null 2>&1 || code=$?
        [ "$code" -eq 9 ] || continue
        : >.job/lost || :
        kill -TERM -- "-$$"
        return
    done
}
