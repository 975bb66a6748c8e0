# shellcheck shell=bash
# Begins every script that runs on a server. What it makes is for its user alone.
set -euo pipefail
umask 077

# containers PROJECT: print one JSON object per container. Never .Config.Env, which holds secrets.
containers() {
    local ids
    ids=$(docker ps -aq --no-trunc --filter "label=com.docker.compose.project=$1") || return
    [ -n "$ids" ] || return 0
    # A container that vanishes meanwhile is no error. The ids are words on purpose.
    # shellcheck disable=SC2086
    docker inspect --format '{"service":{{json (index .Config.Labels "com.docker.compose.service")}},"once":{{json (index .Config.Labels "com.docker.compose.oneoff")}},"hash":{{json (index .Config.Labels "com.docker.compose.config-hash")}},"id":{{json .Id}},"reference":{{json .Config.Image}},"image":{{json .Image}},"state":{{json .State}},"restarts":{{.RestartCount}},"policy":{{json .HostConfig.RestartPolicy.Name}},"network":{{json .HostConfig.NetworkMode}}}' $ids 2>/dev/null || :
}

# remove_once PROJECT: remove the one-off containers of a deploy, which only one that was cut off leaves; those of people
# stay.
remove_once() {
    docker ps -aq --filter "label=com.docker.compose.project=$1" --filter label=dev.shiplane.once | xargs -r docker rm -fv >/dev/null
}

# resolved PROJECT OVERLAY: print the services of the files in this folder as JSON, secrets included.
resolved() { docker compose -p "$1" -f docker-compose.yml -f "$2" config --format json; }

# model PROJECT OVERLAY: the same in one line.
model() { resolved "$@" | tr -d '\n'; }

# describe PROJECT OVERLAY: print where this folder is, its model, and which of its images the engine lacks.
describe() {
    local text image images
    text=$(resolved "$1" "$2")
    printf 'root\t%s\nmodel\t%s\n' "$PWD" "$(tr -d '\n' <<<"$text")"
    images=$(sed -n 's/^      "image": "\(.*\)",\{0,1\}$/\1/p' <<<"$text" | sort -u)
    # One question where all are there, as they mostly are: each takes time. The names are words on purpose.
    # shellcheck disable=SC2086
    if docker image inspect $images >/dev/null 2>&1 </dev/null; then return; fi
    while read -r image; do
        docker image inspect "$image" >/dev/null 2>&1 </dev/null || printf 'missing\t%s\n' "$image"
    done <<<"$images"
}

# tell_of PROCESS ID: let the job in this folder be known by its id, which is there only when its process is too. Two say
# it, and whoever reads it between them must not find it empty.
tell_of() {
    local made=.job/told.$BASHPID
    echo "$1" >"$made" && mv -T "$made" .job/pid && echo "$2" >"$made" && mv -T "$made" .job/id
}

# job_lives FOLDER: tell whether the job whose files these are still runs. After a restart of the server another process
# may have its number.
job_lives() { [ -s "$1/pid" ] && [ ! -e "$1/code" ] && grep -qF /dev/fd/3 "/proc/$(cat "$1/pid")/cmdline" 2>/dev/null; }

# secret_lines FILE...: print the lines of environment files that hold secrets, so that they can be masked where output
# is shown.
secret_lines() { cat "$@" 2>/dev/null | grep -hE '^[A-Z0-9_]*(PASSWORD|SECRET|TOKEN|KEY|CREDENTIAL)[A-Z0-9_]*=' | sort -u || :; }

# append_audit: append the line on standard input to the audit in this folder, wholly or not at all.
append_audit() {
    local line size
    IFS= read -r line
    size=$(stat -c %s audit.jsonl 2>/dev/null || echo 0)
    # A server that lost its power may have left a line without its end.
    [ -z "$(tail -c 1 audit.jsonl 2>/dev/null)" ] || line=$'\n'$line
    # A full disk takes a part of a line.
    printf '%s\n' "$line" >>audit.jsonl || { truncate -s "$size" audit.jsonl; return 1; }
}
