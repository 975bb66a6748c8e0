# shellcheck shell=bash
# clear FOLDER PROJECT VOLUME...: remove all that a first deploy started; the volumes named were there before.
main() {
    local folder=$1 project=$2 filter ids name
    shift 2
    filter=label=com.docker.compose.project=$project
    ids=$(docker ps -aq --filter "$filter")
    # The ids are words on purpose, here and below.
    # shellcheck disable=SC2086
    [ -z "$ids" ] || docker rm -fv $ids >/dev/null
    ids=$(docker network ls -q --filter "$filter")
    # shellcheck disable=SC2086
    [ -z "$ids" ] || docker network rm $ids >/dev/null
    docker volume ls -q --filter "$filter" | while read -r name; do
        case " $* " in *" $name "*) continue ;; esac
        docker volume rm "$name" >/dev/null </dev/null
    done
    cd "$folder" || return
    for name in * .[!.]*; do
        case $(readlink "$name" || :) in current/*) rm -f "$name" ;; esac
    done
    rm -rf current .current.new served
}
