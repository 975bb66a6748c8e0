# shellcheck shell=bash
# clear FOLDER PROJECT KEPT...: remove all that a first deploy started; the containers (by id) and volumes named were
# there before.
main() {
    local folder=$1 project=$2 filter id name
    shift 2
    filter=label=com.docker.compose.project=$project
    docker ps -aq --no-trunc --filter "$filter" | while read -r id; do
        case " $* " in *" $id "*) continue ;; esac
        docker rm -fv "$id" >/dev/null </dev/null
    done
    # One that is in use was there before, too.
    docker network ls -q --filter "$filter" | while read -r id; do
        docker network rm "$id" >/dev/null 2>&1 </dev/null || :
    done
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
