# shellcheck shell=bash
# survey FOLDER PROJECT [OVERLAY]: print what is there, a kind, a tab and its value per line.
main() {
    local folder=$1 project=$2 found images asked
    # Compose takes longer than all the rest: side by side, and read at the end.
    exec 8< <(described "$@")
    found=$(containers "$project")
    exec 9< <(docker volume ls -q --filter "label=com.docker.compose.project=$project")
    asked=$!
    if [ -n "$found" ]; then
        printf '%s\n' "$found" | sed 's/^/container\t/'
        # Not as a here-string, which needs a temporary file: the disk may be full.
        images=$(printf '%s\n' "$found" | sed -n 's/.*,"image":"\([^"]*\)","state":.*/\1/p' | sort -u)
        # The ids are words on purpose.
        # shellcheck disable=SC2086
        docker image inspect --format '{"id":{{json .Id}},"digests":{{json .RepoDigests}}}' $images 2>/dev/null | sed 's/^/image\t/' || :
    fi
    sed 's/^/volume\t/' <&9
    # That there is none must not be believed of an engine that did not answer.
    wait "$asked"
    cat <&8
    cd "$folder" 2>/dev/null || return 0
    releases
    certificate
    job
    restore
    [ ! -e served/maintenance ] || printf 'maintenance\t%s\n' "$(head -n 1 served/maintenance)"
    # Who changes something sees what containers of any release here print, which may have had other passwords.
    [ -z "${3-}" ] || secret_lines releases/*/.env releases/*/.env.* | sed 's/^/secret\t/'
}

# A release whose files cannot be read any more is no reason to see nothing of the server.
described() {
    [ -n "${3-}" ] && [ -e "$1/current" ] && cd "$1" || return 0
    printf 'root\t%s\nmodel\t%s\n' "$PWD" "$(model "$2" "$3" 2>/dev/null || echo '{}')"
}

releases() {
    local manifest id
    id=$(readlink current || :)
    if [ -n "$id" ] && [ -d "$id" ]; then
        printf 'current\t%s\n' "${id#releases/}"
        printf 'checksum\t%s\n' "$(cd "$id" && find . -type f ! -name tested.json -print0 | LC_ALL=C sort -z | xargs -0 sha256sum | sha256sum | cut -d ' ' -f 1)"
    fi
    for id in releases/*/; do
        id=${id%/}
        [ ! -d "$id" ] || printf 'folder\t%s\n' "${id#releases/}"
    done
    for manifest in releases/*/manifest.json; do
        [ -f "$manifest" ] || continue
        printf 'release\t%s\n' "$(tr -d '\n' <"$manifest")"
        id=${manifest%/manifest.json}
        [ ! -f "$id/tested.json" ] || printf 'tested\t%s\t%s\n' "${id#releases/}" "$(tr -d '\n' <"$id/tested.json")"
    done
    # The file of a backup is written before the backup has its name.
    for manifest in backups/*.json; do
        [ ! -f "${manifest%.json}.dump" ] || printf 'backup\t%s\n' "$(tr -d '\n' <"$manifest")"
    done
    # Deployments alone: what else was done here (`"kind":`) says nothing of what serves.
    [ ! -f audit.jsonl ] || { grep -v '^{"kind":' audit.jsonl || :; } | tail -n 1000 | sed 's/^/audit\t/'
}

# What the proxies were last told to read, where both files are there; while one is being replaced there is none.
certificate() {
    [ -s served/tls/key.pem ] && [ -s served/tls/certificate.pem ] && [ ! -e served/.tls-before ] || return 0
    printf 'certificate\t%s\n' "$(sha256sum <served/tls/certificate.pem | cut -d ' ' -f 1)"
}

# What an earlier caller began here and did not see the end of: its title, and its code where it has ended.
job() {
    [ ! -f .job/title ] || printf 'job\t%s\t%s\n' "$(cat .job/title)" "$(cat .job/code 2>/dev/null || :)"
}

# What a change of the database that was cut off has left: see database.sh.
restore() {
    local word
    for word in beside stopped; do [ ! -e ".restore-$word" ] || printf 'restore\t%s\n' "$word"; done
    [ ! -s .restore-beside ] || printf 'restored\t%s\n' "$(head -n 1 .restore-beside)"
}
