# shellcheck shell=bash
# evidence PROJECT LINES: print the state of every container, and the last log lines of each that is not well, or was
# not and was started again.
main() {
    local project=$1 lines=$2 id state health restarts code
    containers "$project" | sed 's/^/container\t/'
    docker ps -aq --filter "label=com.docker.compose.project=$project" |
        xargs -r docker inspect --format '{{.Id}} {{.State.Status}} {{if .State.Health}}{{.State.Health.Status}}{{else}}-{{end}} {{.RestartCount}} {{.State.ExitCode}}' 2>/dev/null |
        while read -r id state health restarts code; do
            case $state/$health/$restarts/$code in running/healthy/0/* | running/-/0/* | exited/*/*/0) continue ;; esac
            docker logs --tail "$lines" "$id" 2>&1 </dev/null | sed "s/^/log\t$(printf %.12s "$id")\t/" || :
        done
}
