# shellcheck shell=bash
# Begins every script that runs on a server. What it makes is for its user alone.
set -euo pipefail
umask 077

# containers PROJECT: print one JSON object per container. Never .Config.Env, which holds secrets.
containers() {
    local ids
    ids=$(docker ps -aq --no-trunc --filter "label=com.docker.compose.project=$1")
    [ -n "$ids" ] || return 0
    # A container that vanishes meanwhile is no error. The ids are words on purpose.
    # shellcheck disable=SC2086
    docker inspect --format '{"service":{{json (index .Config.Labels "com.docker.compose.service")}},"once":{{json (index .Config.Labels "com.docker.compose.oneoff")}},"id":{{json .Id}},"reference":{{json .Config.Image}},"image":{{json .Image}},"state":{{json .State}},"restarts":{{.RestartCount}},"policy":{{json .HostConfig.RestartPolicy.Name}}}' $ids 2>/dev/null || :
}

# append_audit: append the line on standard input to the audit in this folder.
append_audit() {
    local line
    IFS= read -r line
    # A full disk may have left a line without its end.
    [ -z "$(tail -c 1 audit.jsonl 2>/dev/null)" ] || echo >>audit.jsonl
    printf '%s\n' "$line" >>audit.jsonl
}
