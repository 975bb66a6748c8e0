# shellcheck shell=bash
# recreate FOLDER PROJECT OVERLAY RELEASE SECONDS PROXY UPSTREAMS DATA: stop every container, make all of them anew by
# the files of the release, and start each as soon as what it needs is there. DATA are the services that others may still
# need as they stop, UPSTREAMS are SERVICE:PORT,...; a - stands for none.
# As `up --force-recreate --wait` does it; but what stops stops at once, and what starts waits no longer than it must.
main() {
    cd "$1" || return
    # The variables are those of the functions that it shares with roll.
    # shellcheck disable=SC2034
    project=$2 overlay=$3 seconds=$5 proxy=$6 upstreams=$7
    activate "$4"
    remove_once "$project"
    # Before Compose: what the engine makes for a mount belongs to root.
    mkdir -p served/upstreams
    stop_before "$8"
    compose create --force-recreate --no-build --pull never --remove-orphans 2>&1
    made=$(ids_of "$project")
    # The proxy reads the names as it starts; what needs nothing starts while they are written.
    start_next "$proxy" >/dev/null
    name_made
    wait_healthy "$seconds" start_next
}

# stop_before DATA: stop what runs but the data services, all at once; those Compose stops, as it makes them anew.
stop_before() {
    local service ids=()
    look
    while read -r service; do
        [[ ,$1, == *",$service,"* ]] || mapfile -t -O "${#ids[@]}" ids < <(listed "$service" | awk '$4 == "running" { print $1 }')
    done < <(present | sort -u)
    [ "${#ids[@]}" -eq 0 ] || docker stop "${ids[@]}" >/dev/null
}

# name_made: name to the proxy, and to what holds the ports for it, the containers that were made.
name_made() {
    local pair port
    look
    port=$(holders | awk 'NR == 1 { print $2 }')
    for pair in ${upstreams//,/ } ${port:+"$proxy:$port"}; do
        [ -z "$(listed "${pair%:*}")" ] || listed "${pair%:*}" | servers "${pair#*:}" | name "${pair%:*}"
    done
    let_proxy_read
}

# find_proxy: what holds the ports began before there was a proxy, and would look for its name again only after seconds.
# It does so while the proxy gets well.
find_proxy() {
    local id state
    while read -r id _ state; do
        [ "$state" != running ] || read_again "$id" || return
    done < <(holders)
}

# start_next [BUT]: start what was made and lacks nothing any more, but this service; print the ids of all. Its labels say
# what a container needs, as Compose resolved it. What is not there, for its profile is not wanted, is not waited for.
start_next() {
    local ready
    # The template's own variables.
    # shellcheck disable=SC2016
    ready=$(xargs -r docker inspect --format '{{$labels := .Config.Labels}}{{.ID}} {{index $labels "com.docker.compose.service"}} {{.State.Status}} {{with .State.Health}}{{.Status}}{{else}}-{{end}} {{.State.ExitCode}} {{index $labels "com.docker.compose.depends_on"}}' <<<"$made" |
        awk -v but="${1-}" '
            $3 == "created" { unborn[$2] = 1 }
            $3 == "created" && $2 != but { made[$1] = $6; service[$1] = $2 }
            $3 != "running" || $4 !~ /^(healthy|-)$/ { unwell[$2] = 1 }
            $3 != "exited" || $5 != 0 { undone[$2] = 1 }
            END {
                for (id in made) {
                    count = split(made[id], needs, ",")
                    for (i = 1; i <= count; i++) {
                        split(needs[i], need, ":")
                        if (need[2] == "service_healthy" ? unwell[need[1]] : need[2] == "service_completed_successfully" ? undone[need[1]] : unborn[need[1]]) break
                    }
                    if (i > count) print id, service[id]
                }
            }') || return
    # What fails here is not tried again, and nothing ends a function that stands before a pipe but itself.
    awk '{ print $1 }' <<<"$ready" | xargs -r -n 1 -P 8 docker start >/dev/null || return
    [[ " ${ready//$'\n'/ } " != *" $proxy "* ]] || find_proxy || return
    printf '%s\n' "$made"
}
