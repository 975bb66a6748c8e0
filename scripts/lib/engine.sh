# shellcheck shell=bash
# Tell whether a container engine with Compose and buildx answers; start or install one where none does.

ENGINE_AT_LEAST=25      # the first with start_interval in health checks
COMPOSE_AT_LEAST=2.24.4 # the first with !override and !reset
DOCKERD_LOG=/var/log/shiplane-dockerd.log

# engine_version: print the version of the engine that answers; fail when none does.
engine_version() {
    local limit=()
    have docker || return 1
    have timeout && limit=(timeout 20) # a remote engine may never answer
    ${limit[@]+"${limit[@]}"} docker version --format '{{.Server.Version}}' 2>/dev/null
}

# engine_lacks: print what the client and its plugins lack, one per line, nothing when they are complete.
engine_lacks() {
    local compose
    compose=$(docker compose version --short 2>/dev/null) || compose=
    version_at_least "$compose" "$COMPOSE_AT_LEAST" ||
        echo "Docker Compose >= $COMPOSE_AT_LEAST (found ${compose:-none})"
    docker buildx version >/dev/null 2>&1 || echo "docker buildx"
}

# engine_problem: print why the engine cannot be used, nothing when it can.
engine_problem() {
    local version lacks
    if ! have docker; then
        echo "docker is not installed"
    elif ! version=$(engine_version); then
        echo "no container engine answers"
    elif ! version_at_least "$version" "$ENGINE_AT_LEAST"; then
        echo "Docker Engine $version is older than $ENGINE_AT_LEAST"
    else
        lacks=$(engine_lacks)
        [[ -z $lacks ]] || echo "the container engine lacks ${lacks//$'\n'/ and }"
    fi
}

# engine_describe: print the versions, and what the classic image store leaves out.
engine_describe() {
    local store
    say "engine: $(engine_version), compose $(docker compose version --short)"
    store=$(docker info --format '{{json .DriverStatus}}' 2>/dev/null) || store=
    [[ $store == *io.containerd.snapshotter* ]] ||
        say "engine: classic image store; cache export and attestations are left out"
}

# engine_may_be_changed PROBLEM: leave with two lines where installing or starting an engine is not ours to do.
engine_may_be_changed() {
    local distribution
    [[ -z ${DOCKER_HOST:-} ]] ||
        fail "$1 (DOCKER_HOST is $DOCKER_HOST)" "start or complete that engine, or unset DOCKER_HOST"
    [[ $1 != *lacks* && $1 != *older* ]] ||
        fail "$1" "bring it the way that engine was installed; an engine that runs is not changed from here"
    distribution=$(os_release ID)
    [[ $distribution == debian || $distribution == ubuntu ]] ||
        fail "$1, and it is installed automatically on Debian and Ubuntu only" \
            "install and start Docker Engine >= $ENGINE_AT_LEAST with Compose >= $COMPOSE_AT_LEAST and buildx"
    engine_is_open ||
        fail "the engine runs, and $(id -un) may not use it" \
            "sudo usermod -aG docker $(id -un), log in again, and repeat"
    can_be_root ||
        fail "$1, and installing or starting it needs root" "run this as root or with sudo"
}

# engine_is_open: tell whether it is not the socket's permissions alone that keep this user from the engine.
engine_is_open() {
    [[ -S /var/run/docker.sock && ! -w /var/run/docker.sock ]] || return 0
    can_be_root && ! as_root docker version >/dev/null 2>&1
}

# engine_bring LOG: start the engine, installed before where needed. Only after engine_may_be_changed.
engine_bring() {
    local log=$1 lock=/run problem
    [[ -w $lock ]] || lock=$HOME
    exec 9>>"$lock/.shiplane-engine.lock"
    flock 9 # another checkout may be doing the same
    if [[ -n $(engine_problem) ]]; then
        if ! have dockerd || ! have docker || [[ -n $(engine_lacks) ]]; then
            engine_install "$log"
        fi
        engine_version >/dev/null || engine_start
    fi
    exec 9>&-
    problem=$(engine_problem)
    [[ -z $problem ]] || engine_explain "$problem"
}

# engine_start: start the engine by systemd where that runs, in a session of its own elsewhere, and wait for it.
engine_start() {
    local waited
    say "engine: starting"
    if [[ -d /run/systemd/system ]]; then
        as_root systemctl start docker
    else
        engine_forget_stale docker.pid dockerd
        engine_forget_stale docker/containerd/containerd.pid containerd
        engine_detach
    fi
    for ((waited = 1; waited <= 120; waited++)); do
        as_root docker version >/dev/null 2>&1 && return 0
        ((waited % 40)) || say "engine: waiting for its answer"
        sleep 0.5
    done
    fail_with_log "the engine does not answer after 60 s" "$DOCKERD_LOG"
}

# engine_detach: start dockerd so that it outlives this script and keeps nothing of it: no terminal, folder, lock or
# environment except what leads to the network.
engine_detach() {
    local name keep=("PATH=$PATH" "HOME=/root")
    for name in HTTP_PROXY HTTPS_PROXY NO_PROXY http_proxy https_proxy no_proxy SSL_CERT_FILE SSL_CERT_DIR; do
        [[ -z ${!name:-} ]] || keep+=("$name=${!name}")
    done
    # A proxy's address can hold a password, and a process list shows arguments: it goes by stdin.
    printf 'export %q\n' "${keep[@]}" |
        as_root env -i bash -c "source /dev/stdin; cd /; exec setsid --fork dockerd >>$DOCKERD_LOG 2>&1 </dev/null 8>&- 9>&-"
}

# engine_forget_stale FILE PROGRAM: remove a pid file left by a machine that was switched off: its number may belong
# to another program now, and the engine would refuse to start.
engine_forget_stale() {
    local file=/var/run/$1 pid
    pid=$(cat "$file" 2>/dev/null) || return 0
    [[ $(cat "/proc/$pid/comm" 2>/dev/null) == "$2" ]] || as_root rm -f "$file"
}

# engine_explain PROBLEM: tell an engine that runs for root and not for this user from one that does not run.
engine_explain() {
    engine_is_open ||
        fail "the engine was started, and $(id -un) may not use it" \
            "sudo usermod -aG docker $(id -un), log in again, and repeat"
    fail "$1, although it was installed" "read $DOCKERD_LOG, and see which docker comes first: $(command -v docker)"
}
