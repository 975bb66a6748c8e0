# shellcheck shell=bash
# job VERB FOLDER ID [TITLE SECONDS UNDO_SECONDS BYTES]: run a phase that outlives the connection. `start` runs what
# stands on standard input, apart from this shell, and follows it; `follow` follows it again; `stop` asks it to end, `end`
# the one that runs, whichever it is. All print its output and end with its code: 0 done, 6 failed and taken back, 7 failed and not taken back, 5 the
# lock was lost, 124 the time limit, others that of the command that failed. 44: it was never begun, and after a `stop`
# it never will be: the order to start it may still be on its way when its caller has given up.
main() {
    cd "$2" || return
    "do_$1" "${@:3}"
}

do_start() {
    local text stopped
    text=$(cat && echo .)
    text=${text%.}
    # A connection that breaks while the text travels gives a part of it.
    [ "$(printf %s "$text" | wc -c)" = "$5" ] || { echo "the commands did not arrive whole" >&2; return 44; }
    guard
    # Of two that have waited, one goes on.
    while job_lives .job; do unguard; await_earlier; guard; done
    stopped=$(tail -n 20 .job/stopped 2>/dev/null || :)
    if grep -qxF -- "$1" <<<"$stopped"; then unguard; return 44; fi
    rm -rf .job
    mkdir .job
    [ -z "$stopped" ] || printf '%s\n' "$stopped" >.job/stopped
    # In one line, for it is told in one.
    printf '%s\n' "$(printf %s "$2" | tr '\n\t' '  ')" >.job/title
    : >.job/log
    # By a file descriptor: no process list and no file shows the text, which may hold a password.
    setsid bash /dev/fd/3 "$1" "$3" "$4" 3<<<"$text" >.job/log 2>&1 </dev/null 9<&- &
    # This shell has nothing to say of its end.
    disown
    # Both say it, for either may be ended before it could.
    tell_of "$!" "$1" || { kill -KILL -- "-$!" 2>/dev/null || :; return 1; }
    # Whoever comes next has to see that it lives: for a moment it still is a copy of this shell.
    for _ in {1..100}; do
        if job_lives .job || [ -e .job/code ] || ! kill -0 "$!" 2>/dev/null; then break; fi
        sleep 0.02
    done
    unguard
    follow "$!"
}

do_follow() {
    is_the_last "$1" || return 44
    follow "$(cat .job/pid)"
}

do_stop() {
    guard
    if ! is_the_last "$1"; then
        { mkdir -p .job && echo "$1" >>.job/stopped; } || :
        unguard
        return 44
    fi
    unguard
    ! job_lives .job || kill -TERM -- "-$(cat .job/pid)" 2>/dev/null || :
    follow "$(cat .job/pid)"
}

do_end() {
    job_lives .job || return 44
    do_stop "$(cat .job/id)"
}

# is_the_last ID: tell whether the job that began here last has this id.
is_the_last() { [ "$(cat .job/id 2>/dev/null)" = "$1" ]; }

# guard: let nobody else begin or stop a job here until `unguard`.
guard() { exec 9<. && flock -w 10 9; }

unguard() { exec 9<&-; }

await_earlier() {
    ! job_lives .job || printf '@@ earlier %s\n' "$(cat .job/title)"
    while job_lives .job; do sleep 0.2; done
}

# follow PROCESS: print what the job has written, and more of it until the job ends.
follow() {
    until_ended "$1" >/dev/null 2>&1 </dev/null &
    tail -n +1 -s 0.05 -f --pid="$!" .job/log
    [ -s .job/code ] || { echo "it ended without a word: the server may have been restarted" >&2; return 1; }
    return "$(cat .job/code)"
}

# until_ended PROCESS: wait for the job's last word, or for its process to be gone. One whose parent is gone too may
# never be asked how it ended, and looks alive to all who only ask whether it is there.
until_ended() {
    local state
    while [ ! -e .job/code ] && read -r _ _ state _ <"/proc/$1/stat" && [ "$state" != Z ]; do sleep 0.05; done
}
