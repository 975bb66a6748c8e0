# shellcheck shell=bash
# roll FOLDER PROJECT OVERLAY RELEASE SECONDS PROXY UPSTREAMS ASSETS WORD...: let the release serve and no request
# fail. Each WORD is roll:SERVICE:REPLICAS, renew:SERVICE:WHAT,IT,NEEDS, front:SERVICE or remove:SERVICE; UPSTREAMS
# are SERVICE:PORT,...; ASSETS is SERVICE:PATH; a - stands for none.
# Whatever an earlier try left, what has the configuration of the release stays and what has not goes: running this
# again, or for another release, ends well from any state in between.
main() {
    cd "$1" || return
    project=$2 overlay=$3 seconds=$5 proxy=$6 upstreams=$7 assets=$8
    local release=$4
    shift 8
    declare -A hash=() replicas=() needs=()
    renewed=() front=() removed=() rolled=()
    activate "$release"
    read_words "$@"
    look
    read_hashes
    remove_once "$project"
    renew "${renewed[@]}"
    beside "${rolled[@]}"
    keep_assets
    name_upstreams
    renew_front
    swap_proxy
    drain
}

compose() { docker compose -p "$project" -f docker-compose.yml -f "$overlay" "$@"; }

read_words() {
    local word verb service count
    for word in "$@"; do
        IFS=: read -r verb service count <<<"$word"
        case $verb in
            roll) replicas[$service]=$count ;;
            renew) renewed+=("$service") needs[$service]=$count ;;
            front) front+=("$service") ;;
            remove) removed+=("$service") ;;
        esac
        [ "$verb" != roll ] || [ "$service" = "$proxy" ] || rolled+=("$service")
    done
}

# Compose hashes a service after it has read the env_file and found the container whose network it shares, so that
# the resolved files are asked, not the files: `config --hash` alone answers otherwise.
read_hashes() {
    local text service value owner id
    text=$(compose config --format json)
    while read -r owner; do
        id=$(listed "$owner" | awk '{ print $1; exit }')
        [ -z "$id" ] || text=${text//"\"service:$owner\""/"\"container:$id\""}
    done < <(sed -n 's/^ *"network_mode": "service:\(.*\)",\{0,1\}$/\1/p' <<<"$text" | sort -u)
    while read -r service value; do hash[$service]=$value; done < <(docker compose -p "$project" -f - config --hash '*' <<<"$text")
    [ "${#hash[@]}" -gt 0 ] || { echo "the files of the release describe no service" >&2; return 1; }
}

# look: see which containers there are. What follows tells of what was seen last: each answer of the engine costs time.
# One that was told to stop goes on to run until it has finished, also where who told it was ended meanwhile: its state
# is `ending`, and nothing counts on it.
look() {
    there=$(docker ps -a --no-trunc --filter "label=com.docker.compose.project=$project" \
        --filter label=com.docker.compose.oneoff=False \
        --format '{{.Label "com.docker.compose.service"}} {{.ID}} {{.Names}} {{.Label "com.docker.compose.config-hash"}} {{.State}} {{.Status}}' |
        awk -v ending="$(cat .job/ending 2>/dev/null | tr '\n' ' ' || :)" 'NF && index(ending, $2) { $5 = "ending" } { print }')
}

# present: print the service of each container.
present() { printf '%s\n' "$there" | awk 'NF { print $1 }'; }

# listed SERVICE: print id, name, configuration hash, state and health of its containers.
listed() { printf '%s\n' "$there" | awk -v service="$1" '$1 == service { sub(/^[^ ]+ /, ""); print }'; }

# fresh SERVICE: print id and name of the containers that run with the wanted configuration and are not unhealthy.
fresh() { listed "$1" | awk -v hash="${hash[$1]-none}" '$3 == hash && $4 == "running" && !/\(unhealthy\)/ { print $1, $2 }'; }

# stale SERVICE: print the ids of all others, and of what is more than is wanted.
stale() {
    local keep
    keep=$(fresh "$1" | head -n "${replicas[$1]-0}" | awk '{ printf " %s ", $1 }')
    listed "$1" | awk -v keep="$keep" 'index(keep, " " $1 " ") == 0 { print $1 }'
}

# renew SERVICE...: let Compose make what is not there, and anew what changed.
renew() {
    [ $# -gt 0 ] || return 0
    local service more here enabled=()
    here=$(present)
    for service in "$@"; do
        # As many as there are; of what is not there, as many as the files say.
        ! grep -qxF -- "$service" <<<"$here" || enabled+=("$service")
        IFS=, read -ra more <<<"${needs[$service]-}" && enabled+=("${more[@]}")
    done
    # Words on purpose: options.
    # shellcheck disable=SC2046
    compose up -d --no-build --pull never $(scales "${enabled[@]}" --) "$@" 2>&1
    wait_healthy "$seconds" ids_of "$project" "$@"
    look
}

# What stands before all others cannot stand twice: it is gone for that moment.
renew_front() {
    local service
    [ "${#front[@]}" -gt 0 ] || return 0
    for service in "${front[@]}"; do listed "$service" | awk '{ print $1 }'; done | remove_all
    look
    # In the order given: the proxy needs the network of the one before it.
    for service in "${front[@]}"; do
        make "$service=${replicas[$service]-1}"
        start_made "$service"
    done
    wait_healthy "$seconds" ids_of "$project" "${front[@]}"
}

# scales SERVICE... -- [SERVICE=COUNT...]: print options that keep Compose from removing any container of these.
scales() {
    local service
    declare -A counts=()
    while [ "$1" != -- ]; do counts[$1]=0; shift; done
    shift
    while read -r service; do
        [ -z "${counts[$service]-}" ] || counts[$service]=$((counts[$service] + 1))
    done < <(present)
    for service in "$@"; do counts[${service%=*}]=${service#*=}; done
    for service in "${!counts[@]}"; do printf ' --scale %s=%s' "$service" "${counts[$service]}"; done
}

# make SERVICE=COUNT...: make containers up to these counts, and not one of any other service.
make() {
    local service named=("${@%%=*}")
    # What is there is named too: what is not named Compose brings to the number of its own files.
    while read -r service; do [ -z "${hash[$service]-}" ] || named+=("$service"); done < <(present)
    # Words on purpose, as above.
    # shellcheck disable=SC2046
    compose create --no-recreate --no-build --pull never $(scales "${named[@]}" -- "$@") "${named[@]}" 2>&1
    look
}

# start_made SERVICE...: start what was made; each on its own, for one call starts one after the other.
start_made() {
    local service
    for service in "$@"; do listed "$service" | awk '$4 == "created" { print $1 }'; done |
        xargs -r -n 1 -P 8 docker start >/dev/null
    look
}

# beside SERVICE...: start what is missing of these services beside what runs, and wait until it is healthy.
beside() {
    local service here need wanted=() new
    [ $# -gt 0 ] || return 0
    # What does not run serves nobody, and Compose would count it.
    for service in "$@"; do listed "$service" | awk '$4 !~ /^(running|ending)$/ { print $1 }'; done | remove_all
    look
    for service in "$@"; do
        here=$(listed "$service" | wc -l)
        need=$((replicas[$service] - $(fresh "$service" | wc -l)))
        [ "$need" -le 0 ] || wanted+=("$service=$((here + need))")
    done
    if [ "${#wanted[@]}" -gt 0 ]; then
        make "${wanted[@]}"
        start_made "$@"
    fi
    # All that have the wanted configuration, those too that have ended by themselves.
    new=$(for service in "$@"; do listed "$service" | awk -v hash="${hash[$service]-none}" '$3 == hash && $4 != "ending" { print $1 }'; done)
    wait_healthy "$seconds" printf '%s\n' "$new"
}

# A page that was opened before asks for its assets after: those of every release stay where the proxy finds them.
keep_assets() {
    local service=${assets%%:*} path=${assets#*:} id
    [ "$assets" != - ] && [ -n "${replicas[$service]-}" ] || return 0
    mkdir -p served/assets
    rm -rf served/.assets.new
    # Of what served so far too: it may be older than this folder.
    for id in $(listed "$service" | awk '$4 == "running" { print $1 }'); do
        rm -rf served/.assets.new
        mkdir served/.assets.new
        # What served so far may not have had the folder.
        docker cp -q "$id:$path/." served/.assets.new || continue
        chmod -R u=rwX,go=rX served/.assets.new
        find served/.assets.new -exec touch {} +
        cp -a served/.assets.new/. served/assets/
        rm -rf served/.assets.new
    done
    find served/assets -type f -mtime +30 -delete
}

# One file per service behind the proxy, which names its containers: an address may change, a name does not.
name_upstreams() {
    local pair service names
    [ "$upstreams" != - ] || return 0
    look
    mkdir -p served/upstreams
    for pair in ${upstreams//,/ }; do
        service=${pair%:*}
        [ -n "${replicas[$service]-}" ] || continue
        names=$(fresh "$service" | head -n "${replicas[$service]}" | servers "${pair#*:}")
        [ -n "$names" ] || { echo "no container of $service is well" >&2; return 1; }
        name "$service" <<<"$names"
    done
    let_proxy_read
}

# servers PORT: write the containers whose ids and names are on standard input as nginx wants them.
servers() { awk -v port="$1" '{ print "server " $2 ":" port " resolve;" }'; }

# name SERVICE: let standard input be what the proxy reads of a service.
name() {
    local file=served/upstreams/$1.conf
    cat >"$file.new"
    # The proxy reads it as another user.
    chmod 644 "$file.new"
    mv -T "$file.new" "$file"
}

let_proxy_read() { chmod 755 served served/upstreams; }

# Let the proxy take the new names; where it changes itself, the new one stands beside the old before the edge hands on
# to it what comes from then on.
swap_proxy() {
    local id
    if [ -n "${replicas[$proxy]-}" ]; then beside "$proxy"; fi
    for id in $(listed "$proxy" | awk '$4 == "running" { print $1 }'); do
        anew "$id" docker exec "$id" nginx -s reload
    done
    lead_edge
}

# lead_edge: name the proxies that have the wanted configuration to the service that holds the ports for them. Its label
# says at which port it reaches them. Told from within: one that `docker kill` gave a signal is not started again.
lead_edge() {
    local id port state names
    while read -r id port state; do
        [ "$state" = running ] || continue
        names=$(fresh "$proxy" | head -n "${replicas[$proxy]-99}" | servers "$port")
        # Where one is to go, an earlier try may have written this and not told it.
        if [ "$names" = "$(cat "served/upstreams/$proxy.conf" 2>/dev/null)" ] && [ -z "${replicas[$proxy]+$(stale "$proxy")}" ]; then continue; fi
        name "$proxy" <<<"$names"
        read_again "$id"
    done < <(holders)
}

# holders: print what holds the ports for the proxy, each with the port at which it reaches one, and its state.
holders() {
    docker ps -a --no-trunc --filter "label=com.docker.compose.project=$project" \
        --filter label=dev.shiplane.proxy-port --format '{{.ID}} {{.Label "dev.shiplane.proxy-port"}} {{.State}}'
}

# read_again ID: let what holds the ports read again where the proxies are.
read_again() { anew "$1" docker exec "$1" sh -c 'kill -HUP 1'; }

# anew ID COMMAND...: let the command tell the nginx in a container to read its files again, and wait until what comes
# new is taken by workers that did.
anew() {
    local id=$1 before deadline=$((SECONDS + 20))
    shift
    before=$(takers "$id")
    "$@" 2>&1 >/dev/null | { grep -v 'signal process started' >&2 || :; } || return
    while [ -n "$(comm -12 <(echo "$before") <(takers "$id"))" ]; do
        [ "$SECONDS" -lt "$deadline" ] || { echo "nginx in $id did not read its files again" >&2; return 1; }
        sleep 0.1
    done
}

# takers ID: print the processes of a container's nginx that take new connections.
takers() { docker top "$1" -eo pid,args | awk '/nginx: worker process$/ { print $1 }' | sort; }

# What is left over finishes its requests and tasks within its grace period, and goes: the proxies first, for they
# send what comes on kept connections to the containers that they knew.
drain() {
    local service old
    look
    for service in "${!replicas[@]}"; do
        [ -n "$(stale "$service")" ] || continue
        sleep 1
        let_go
        look
        break
    done
    for service in "${!replicas[@]}"; do
        [ "$(fresh "$service" | wc -l)" -ge "${replicas[$service]}" ] || { echo "$service did not stay well" >&2; return 1; }
    done
    [ -z "${replicas[$proxy]-}" ] || end_all "$(stale "$proxy")"
    old=$(for service in "${!replicas[@]}"; do stale "$service"; done)
    end_all "$old $(for service in "${removed[@]}"; do listed "$service" | awk '{ print $1 }'; done)"
}

# let_go: wait until the workers that a reload has replaced are gone. Each serves its kept connections once more, by
# the names that it knew, and a request that may have had an effect is not sent again.
let_go() {
    local id deadline=$((SECONDS + 20))
    for id in $(listed "$proxy" | awk '$4 == "running" { print $1 }'); do
        while [[ $(docker top "$id" -eo pid,args 2>/dev/null || :) == *'worker process is shutting down'* ]]; do
            [ "$SECONDS" -lt "$deadline" ] || return 0
            sleep 0.2
        done
    done
}

# end_all IDS: stop and remove these. One that is gone already is as good as stopped.
end_all() {
    [ -n "${1// /}" ] || return 0
    # For an undo, which is a part of the same job.
    [ ! -d .job ] || echo "$1" >>.job/ending || :
    # The ids are words on purpose.
    # shellcheck disable=SC2086
    docker stop $1 >/dev/null || :
    remove_all <<<"$1" || :
    look
}

# remove_all: remove the containers whose ids are on standard input, and the nameless volumes that they alone have: one
# that Compose has handed on to a container made anew the engine takes for one with a name, and would leave.
remove_all() {
    local ids volumes
    ids=$(cat)
    [ -n "${ids//[[:space:]]/}" ] || return 0
    volumes=$(xargs docker inspect --format '{{range .Mounts}}{{if eq .Type "volume"}}{{println .Name}}{{end}}{{end}}' <<<"$ids" 2>/dev/null |
        grep -xE '[0-9a-f]{64}' | sort -u || :)
    xargs docker rm -fv <<<"$ids" >/dev/null
    xargs -r docker volume rm <<<"$volumes" >/dev/null 2>&1 || :
}
