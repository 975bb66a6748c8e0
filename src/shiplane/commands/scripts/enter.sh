# shellcheck shell=bash
# enter FOLDER PROJECT SERVICE: print the services that run, and the container of this one to enter: the newest that
# is healthy, else the newest. The line on standard input goes to the audit.
main() {
    local found
    docker ps --filter "label=com.docker.compose.project=$2" --filter label=com.docker.compose.oneoff=False \
        --format '{{.Label "com.docker.compose.service"}}' | sort -u | sed 's/^/service\t/'
    found=$(docker ps --no-trunc --filter "label=com.docker.compose.project=$2" --filter "label=com.docker.compose.service=$3" \
        --filter label=com.docker.compose.oneoff=False --format '{{.ID}} {{.Status}}' |
        awk '!newest { newest = $1 } /\(healthy\)/ && !healthy { healthy = $1 } END { print healthy ? healthy : newest }')
    [ -n "$found" ] || return 0
    printf 'container\t%s\n' "$found"
    if ! { cd "$1" && append_audit; } 2>/dev/null; then echo unwritten; fi
}
