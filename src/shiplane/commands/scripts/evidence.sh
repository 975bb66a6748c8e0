# shellcheck shell=bash
# evidence PROJECT LINES: print state and last log lines of every container that is not well.
main() {
    local project=$1 lines=$2 id service state
    containers "$project" | sed 's/^/container\t/'
    docker ps -a --filter "label=com.docker.compose.project=$project" --format '{{.ID}} {{.Label "com.docker.compose.service"}} {{.Status}}' |
        while read -r id service state; do
            case $state in *'(healthy)'* | 'Exited (0)'*) continue ;; esac
            docker logs --tail "$lines" "$id" 2>&1 </dev/null | sed "s/^/log\t$service\t/" || :
        done
}
