# shellcheck shell=bash
# stop-application PROJECT SERVICE...: stop every container of the project but those of the services named,
# each within its own grace period, side by side; one-off containers are removed.
main() {
    local project=$1 running once
    shift
    once=$(docker ps -aq --filter "label=com.docker.compose.project=$project" --filter label=com.docker.compose.oneoff=True)
    # The ids are words on purpose, here and below.
    # shellcheck disable=SC2086
    [ -z "$once" ] || docker rm -f $once >/dev/null
    running=$(docker ps --filter "label=com.docker.compose.project=$project" \
        --format '{{.Label "com.docker.compose.service"}} {{.ID}}' |
        awk -v kept=" $* " 'index(kept, " " $1 " ") == 0 { print $2 }')
    # shellcheck disable=SC2086
    [ -z "$running" ] || docker stop $running >/dev/null
}
