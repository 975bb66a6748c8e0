# shellcheck shell=bash
# route FOLDER PROJECT OVERLAY PROXY UPSTREAMS: let the proxy know the containers that run now.
# The variables are those of the functions that it shares with roll.
# shellcheck disable=SC2034
main() {
    local pair
    cd "$1" || return
    project=$2 overlay=$3 proxy=$4 upstreams=$5
    declare -A hash=() replicas=()
    look
    read_hashes
    for pair in ${upstreams//,/ }; do
        [ -z "${hash[${pair%:*}]-}" ] || replicas[${pair%:*}]=99
    done
    name_upstreams
    swap_proxy
}
