# shellcheck shell=bash
# stop-application PROJECT SERVICE...: stop every container of the project but those of the services named,
# each within its own grace period, side by side; one-off containers are removed.
main() {
    local project=$1 running
    shift
    remove_once "$project"
    running=$(docker ps --filter "label=com.docker.compose.project=$project" \
        --format '{{.Label "com.docker.compose.service"}} {{.ID}}' |
        awk -v kept=" $* " 'index(kept, " " $1 " ") == 0 { print $2 }')
    # The ids are words on purpose.
    # shellcheck disable=SC2086
    [ -z "$running" ] || docker stop $running >/dev/null
}
