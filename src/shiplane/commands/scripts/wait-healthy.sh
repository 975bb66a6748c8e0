# shellcheck shell=bash
# wait-healthy SECONDS PROJECT [SERVICE...]: print each change of a container's state; end with 0 when all are well,
# with 1 as soon as one cannot become so, or when the time is over.
main() {
    local deadline=$((SECONDS + $1)) project=$2 now last=
    shift 2
    while :; do
        now=$(states "$project" "$@")
        [ "$now" = "$last" ] || comm -13 <(sort <<<"$last") <(sort <<<"$now") | awk '{ print $1 ": " $2 ($3 == "-" ? "" : ", " $3) }'
        last=$now
        case $(verdict <<<"$now") in
            well) return 0 ;;
            lost) return 1 ;;
        esac
        [ "$SECONDS" -lt "$deadline" ] || return 1
        sleep 0.25
    done
}

# states PROJECT [SERVICE...]: print service, state, health or -, exit code, restarts, restart policy or -.
states() {
    local ids project=$1
    shift
    ids=$(docker ps -aq --filter "label=com.docker.compose.project=$project" --filter label=com.docker.compose.oneoff=False)
    [ -n "$ids" ] || return 0
    # The ids are words on purpose.
    # shellcheck disable=SC2086
    docker inspect --format '{{index .Config.Labels "com.docker.compose.service"}} {{.State.Status}} {{if .State.Health}}{{.State.Health.Status}}{{else}}-{{end}} {{.State.ExitCode}} {{.RestartCount}} {{or .HostConfig.RestartPolicy.Name "no"}}' $ids 2>/dev/null |
        awk -v wanted=" $* " 'wanted == "  " || index(wanted, " " $1 " ")' || :
}

# A service that ended with 0 and is not to be started again has done its work.
verdict() {
    awk '
        $3 == "unhealthy" || $2 == "dead" || $5 >= 5 { lost = 1; next }
        $2 == "exited" && $6 == "no" { if ($4 != 0) lost = 1; next }
        $2 != "running" || $3 == "starting" { waiting = 1 }
        END { print lost ? "lost" : waiting || !NR ? "waiting" : "well" }'
}
