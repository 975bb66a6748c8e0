# shellcheck shell=bash
# wait-healthy SECONDS PROJECT [SERVICE...]: print each change of a container's state; end with 0 when all are well,
# with 1 as soon as one cannot become so, or when the time is over.
main() {
    local seconds=$1 project=$2
    shift 2
    wait_healthy "$seconds" ids_of "$project" "$@"
}

# wait_healthy SECONDS LIST...: the same for the containers whose ids the command LIST prints.
wait_healthy() {
    local deadline=$((SECONDS + $1)) now last=
    shift
    while :; do
        now=$("$@" | states)
        [ "$now" = "$last" ] || comm -13 <(sort <<<"$last") <(sort <<<"$now") | awk '{ print $1 ": " $2 ($3 == "-" ? "" : ", " $3) }'
        last=$now
        case $(verdict <<<"$now") in
            well) return 0 ;;
            lost) return 1 ;;
        esac
        [ "$SECONDS" -lt "$deadline" ] || return 1
        sleep 0.2
    done
}

# ids_of PROJECT [SERVICE...]: print the ids of the containers of these services, or of all.
ids_of() {
    local project=$1
    shift
    docker ps -a --no-trunc --filter "label=com.docker.compose.project=$project" \
        --filter label=com.docker.compose.oneoff=False --format '{{.ID}} {{.Label "com.docker.compose.service"}}' |
        awk -v wanted=" $* " 'wanted == "  " || index(wanted, " " $2 " ") { print $1 }'
}

# states: of the ids on standard input, print service, state, health or -, exit code, restarts, restart policy.
states() {
    xargs -r docker inspect --format '{{index .Config.Labels "com.docker.compose.service"}} {{.State.Status}} {{if .State.Health}}{{.State.Health.Status}}{{else}}-{{end}} {{.State.ExitCode}} {{.RestartCount}} {{or .HostConfig.RestartPolicy.Name "no"}}' 2>/dev/null || :
}

# A service that ended with 0 and is not to be started again has done its work.
verdict() {
    awk '
        $3 == "unhealthy" || $2 == "dead" || $5 >= 5 { lost = 1; next }
        $2 == "exited" && $6 == "no" { if ($4 != 0) lost = 1; next }
        $2 != "running" || $3 == "starting" { waiting = 1 }
        END { print lost ? "lost" : waiting || !NR ? "waiting" : "well" }'
}
