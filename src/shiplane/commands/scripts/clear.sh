# shellcheck shell=bash
# clear FOLDER PROJECT CURRENT KEPT...: remove all that a first deploy started; the containers (by id) and volumes named
# were there before, and so was the release CURRENT, which is named again; a - stands for none.
main() {
    local folder=$1 project=$2 current=$3 filter id name left
    shift 3
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
    if [ "$current" != - ]; then
        activate "$current"
        return
    fi
    for name in * .[!.]*; do
        case $(readlink "$name" || :) in current/*) rm -f "$name" ;; esac
    done
    rm -rf current .current.new
    for name in *.before-* .[!.]*.before-*; do
        # What `activate` has put aside.
        [ ! -e "$name" ] || [ -e "${name%.before-*}" ] || mv -T "$name" "${name%.before-*}"
    done
    # A container holds on to the folder that it was started with: one that is made anew it never sees.
    left=$(docker ps -aq --filter "$filter")
    [ -n "$left" ] || rm -rf served
}
