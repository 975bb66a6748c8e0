# shellcheck shell=bash
# wait-healthy SECONDS PROJECT [SERVICE...]: print each change of a container's state and each answer of a health
# probe; end with 0 when all are well, with 1 as soon as one cannot become so, or when the time is over.
main() {
    local seconds=$1 project=$2
    shift 2
    wait_healthy "$seconds" ids_of "$project" "$@"
}

# wait_healthy SECONDS LIST...: the same for the containers whose ids the command LIST prints.
wait_healthy() {
    local changes watcher code=0
    # What changes is seen at once, and the engine is not asked all the time while it starts them.
    exec {changes}< <(exec docker events --filter type=container --filter event=start --filter event=die \
        --filter event=health_status --format . 2>/dev/null </dev/null)
    watcher=$!
    until_healthy "$@" || code=$?
    kill "$watcher" 2>/dev/null || :
    exec {changes}<&-
    return "$code"
}

until_healthy() {
    local limit=$1 begun=$SECONDS now last=
    shift
    while :; do
        # An engine that does not answer ends it: nobody can tell what is well.
        now=$("$@" | states) || return
        [ "$now" = "$last" ] || comm -13 <(sort <<<"$last") <(sort <<<"$now") | told
        last=$now
        case $(verdict <<<"$now") in
            well) return 0 ;;
            lost)
                echo "after $((SECONDS - begun)) of $limit s one cannot become healthy any more"
                return 1
                ;;
        esac
        if [ "$((SECONDS - begun))" -ge "$limit" ]; then
            echo "the $limit s to become healthy are over"
            return 1
        fi
        # Not every change is told, such as one before the engine was listened to, or while it was restarted.
        read -t 0.3 -r -u "$changes" || [ "$?" -gt 128 ] || sleep 0.3
    done
}

# told: write states and probes for people; of what a probe said its last line.
told() {
    awk '
        $1 == "probe" {
            said = $0
            sub(/^probe [^ ]* [^ ]* [^ ]* "/, "", said)
            sub(/"$/, "", said)
            gsub(/\\[nrt]/, "\n", said)
            gsub(/\\u003c/, "<", said)
            gsub(/\\u003e/, ">", said)
            gsub(/\\u0026/, "\\&", said)
            gsub(/\\"/, "\"", said)
            gsub(/\\\\/, "\\", said)
            count = split(said, lines, "\n")
            while (count > 0 && lines[count] ~ /^ *$/) count--
            print $2 ": probe: exit code " $4 (count ? ": " substr(lines[count], 1, 300) : "")
            next
        }
        NF { print $1 ": " $2 ($3 == "-" ? "" : ", " $3) }'
}

# ids_of PROJECT [SERVICE...]: print the ids of the containers of these services, or of all.
ids_of() {
    local project=$1
    shift
    docker ps -a --no-trunc --filter "label=com.docker.compose.project=$project" \
        --filter label=com.docker.compose.oneoff=False --format '{{.ID}} {{.Label "com.docker.compose.service"}}' |
        awk -v wanted=" $* " 'wanted == "  " || index(wanted, " " $2 " ") { print $1 }'
}

# states: of the ids on standard input, print service, state, health or -, exit code, restarts, restart policy; and for
# each answer of a health probe that the engine has: probe, service, time, exit code, output as JSON.
states() {
    # The template's own variable.
    # shellcheck disable=SC2016
    xargs -r docker inspect --format '{{$service := index .Config.Labels "com.docker.compose.service"}}{{$service}} {{.State.Status}} {{if .State.Health}}{{.State.Health.Status}}{{else}}-{{end}} {{.State.ExitCode}} {{.RestartCount}} {{or .HostConfig.RestartPolicy.Name "no"}}{{with .State.Health}}{{range .Log}}
probe {{$service}} {{json .Start}} {{.ExitCode}} {{json .Output}}{{end}}{{end}}' 2>/dev/null || :
}

# A service that ended with 0 and is not to be started again has done its work.
verdict() {
    awk '
        $1 == "probe" && NF > 4 { next }
        NF { seen++ }
        $3 == "unhealthy" || $2 == "dead" || $5 >= 5 { lost = 1; next }
        $2 == "exited" && $6 == "no" { if ($4 != 0) lost = 1; next }
        $2 != "running" || $3 == "starting" { waiting = 1 }
        END { print lost ? "lost" : waiting || !seen ? "waiting" : "well" }'
}
