# shellcheck shell=bash
# logs PROJECT SINCE TAIL FOLLOW SERVICE...: print the logs of a project's containers, with tabs between the words:
#   service NAME · here ID SERVICE NUMBER · gone ID EXIT-CODE · note ID TEXT · past (the end of what was there) · beat
#   line ID TIME-AND-TEXT · part ID TIME-AND-TEXT (goes on in the next one)
# SINCE and TAIL may be empty, FOLLOW is yes or no. What starts or ends meanwhile joins or leaves.
main() {
    local project=$1 since=$2 tail=$3 follow=$4 from
    shift 4
    services=" $* "
    running=()
    from=$(date +%s.%N)
    past "$project" "$from" ${since:+--since "$since"} ${tail:+--tail "$tail"}
    [ "$follow" != yes ] || follow "$project" "$from"
}

wanted() { [ "$services" = "  " ] || [[ $services == *" $1 "* ]]; }

past() {
    local project=$1 from=$2 id service number state
    shift 2
    while read -r id service number state; do
        printf 'service\t%s\n' "$service"
        wanted "$service" || continue
        printf 'here\t%s\t%s\t%s\n' "$id" "$service" "$number"
        [ "$state" != running ] || running+=("$id")
        docker logs --timestamps --until "$from" "$@" "$id" 2>&1 </dev/null | lines "$id" || :
    done < <(present "$project")
    printf 'past\n'
}

present() {
    local ids
    ids=$(docker ps -aq --filter "label=com.docker.compose.project=$1" --filter label=com.docker.compose.oneoff=False)
    [ -n "$ids" ] || return 0
    # The ids are words on purpose. A container that vanishes meanwhile is no error.
    # shellcheck disable=SC2086
    docker inspect --format '{{slice .Id 0 12}} {{index .Config.Labels "com.docker.compose.service"}} {{index .Config.Labels "com.docker.compose.container-number"}} {{.State.Status}}' $ids 2>/dev/null || :
}

# Several write into one pipe: what is longer than the system writes at once is cut, between letters.
lines() {
    LC_ALL=C sed -u -n -E "
        /^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]+Z /!{ s/^/note\t$1\t/p; d }
        :long
        /^.{3801}/{ s/^(.{3800}[\x80-\xBF]{0,3})/part\t$1\t\1\n/; P; s/^[^\n]*\n//; b long }
        s/^/line\t$1\t/p"
}

follow() {
    local project=$1 from=$2 id
    declare -A followers=() ended=()
    # Who reads is gone when a write fails: then everything here ends, also what has nothing to say.
    trap '' PIPE
    exec > >(exec cat)
    { while printf 'beat\n'; do sleep 5; done 2>/dev/null; kill -TERM 0; } &
    for id in "${running[@]}"; do
        tail_of "$id" "$from" &
        followers[$id]=$!
    done
    while read -r action id service number time code; do
        wanted "$service" || continue
        id=${id:0:12}
        "on_$action"
    done < <(docker events --since "$from" --filter type=container --filter event=start --filter event=die \
        --filter "label=com.docker.compose.project=$project" --filter label=com.docker.compose.oneoff=False \
        --format '{{.Action}} {{.Actor.ID}} {{index .Actor.Attributes "com.docker.compose.service"}} {{index .Actor.Attributes "com.docker.compose.container-number"}} {{.TimeNano}} {{index .Actor.Attributes "exitCode"}}')
    # The engine went away.
    trap '' TERM
    kill -TERM 0
    return 1
}

tail_of() { docker logs --follow --timestamps --since "$2" "$1" 2>&1 </dev/null | lines "$1" || :; }

on_start() {
    printf 'here\t%s\t%s\t%s\n' "$id" "$service" "$number"
    # Of a container that was started again what came before was shown.
    tail_of "$id" "${ended[$id]-$from}" &
    followers[$id]=$!
}

on_die() {
    local follower=${followers[$id]-}
    ended[$id]=${time:0:-9}.${time: -9}
    # Its last lines first.
    {
        for _ in {1..50}; do
            kill -0 "$follower" 2>/dev/null || break
            sleep 0.1
        done
        printf 'gone\t%s\t%s\n' "$id" "$code"
    } &
}
