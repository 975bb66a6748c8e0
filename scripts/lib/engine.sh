# shellcheck shell=bash
# Bring a container engine with Compose and buildx; where one answers already, use it and touch nothing.

COMPOSE_AT_LEAST=2.24.4 # the first with !override and !reset
ENGINE_SUITE=trixie     # the first Debian release with Compose v2 and buildx
# What is taken from that release on an older one. libc6, runc and all the rest stay the older one's.
ENGINE_PACKAGES=(docker.io docker-cli containerd docker-compose docker-buildx)
# debootstrap makes base images where no registry can be reached; docker.io needs the others at run time.
ENGINE_TOOLS=(ca-certificates debootstrap git iptables openssh-client xz-utils)
: "${SHIPLANE_DAEMON_JSON:=/etc/docker/daemon.json}"
DOCKERD_LOG=/var/log/shiplane-dockerd.log

# engine_answers: tell whether an engine answers to the client on the PATH.
engine_answers() {
    have docker && timeout 20 docker info >/dev/null 2>&1
}

# engine_plugins_missing: print what the client lacks, nothing when it is complete.
engine_plugins_missing() {
    local compose
    compose=$(docker compose version --short 2>/dev/null) || compose=
    version_at_least "$compose" "$COMPOSE_AT_LEAST" ||
        echo "Docker Compose >= $COMPOSE_AT_LEAST (found ${compose:-none})"
    docker buildx version >/dev/null 2>&1 || echo "docker buildx"
}

# engine_problem: print why the engine cannot be used, nothing when it can.
engine_problem() {
    local lacks
    if ! have docker; then
        echo "docker is not installed"
    elif ! engine_answers; then
        echo "no container engine answers"
    else
        lacks=$(engine_plugins_missing | paste -sd , | sed 's/,/ and /')
        [[ -z $lacks ]] || echo "the container engine lacks $lacks"
    fi
}

# engine_note: say in one line what the classic image store leaves out.
engine_note() {
    local driver
    driver=$(docker info --format '{{json .DriverStatus}}' 2>/dev/null) || return 0
    [[ $driver == *io.containerd.snapshotter* ]] ||
        say "engine: classic image store; cache export and attestations are left out"
}

# os_release FIELD: print a field of the distribution's description.
os_release() {
    [[ -r $SHIPLANE_OS_RELEASE ]] || return 0
    sed -n "s/^$1=//p" "$SHIPLANE_OS_RELEASE" | tr -d "\"'" | head -n 1
}

# engine_bring LOG: make an engine answer, or say what to install.
engine_bring() {
    local log=$1 problem
    problem=$(engine_problem)
    if [[ -n $problem ]]; then
        engine_may_be_changed "$problem"
        exec 9>"${TMPDIR:-/tmp}/shiplane-engine.$(id -u).lock"
        flock 9
        engine_install_or_start "$log"
        exec 9>&-
        problem=$(engine_problem)
        [[ -z $problem ]] || engine_still_absent "$problem"
    fi
    say "engine: $(docker version --format '{{.Server.Version}}'), compose $(docker compose version --short)"
    engine_note
}

# engine_may_be_changed PROBLEM: leave with two lines where installing or starting an engine is not ours to do.
engine_may_be_changed() {
    local distribution
    distribution=$(os_release ID)
    [[ -z ${DOCKER_HOST:-} ]] ||
        fail "$1 at DOCKER_HOST=$DOCKER_HOST" "start that engine, or unset DOCKER_HOST"
    [[ $distribution == debian || $distribution == ubuntu ]] ||
        fail "$1, and it is installed automatically on Debian and Ubuntu alone" \
            "install Docker Engine >= 25 or Docker Desktop with Compose >= $COMPOSE_AT_LEAST and buildx, and start it"
    can_be_root ||
        fail "$1, and installing it needs root" "run as root or with sudo: $0"
    if engine_answers; then
        fail "$1" "install the plugins docker-compose (>= $COMPOSE_AT_LEAST) and docker-buildx beside your engine"
    fi
}

# engine_install_or_start LOG: under the lock; another checkout may have done it meanwhile.
engine_install_or_start() {
    local log=$1
    [[ -n $(engine_problem) ]] || return 0
    if ! have dockerd || [[ -n $(engine_plugins_missing) ]]; then
        engine_install "$log"
    fi
    engine_answers || engine_start
}

# engine_install LOG: install the packages of the engine by apt.
engine_install() {
    local log=$1
    local -a packages
    say "engine: installing"
    mapfile -t packages < <(engine_packages)
    engine_configure
    [[ $(os_release VERSION_CODENAME) != bookworm ]] || engine_pin
    quietly "engine: package lists" "$log" as_root apt-get -q update ||
        say "engine: some package lists could not be read; going on with what there is"
    quietly "engine: packages" "$log" as_root env DEBIAN_FRONTEND=noninteractive \
        apt-get -q install --yes --no-install-recommends "${packages[@]}" "${ENGINE_TOOLS[@]}" ||
        fail_with_log "the engine's packages could not be installed" "$log"
    say "engine: installed"
}

# engine_packages: print the names of the engine's packages on this distribution.
engine_packages() {
    if [[ $(os_release ID) == ubuntu ]]; then
        printf '%s\n' docker.io docker-compose-v2 docker-buildx
    else
        printf '%s\n' "${ENGINE_PACKAGES[@]}"
    fi
}

# engine_pin: offer the five packages of the newer Debian release, and nothing else of it, to apt.
engine_pin() {
    local mirror
    mirror=$(apt_mirror "$(os_release VERSION_CODENAME)") ||
        fail "no mirror of Debian stands in /etc/apt/sources.list or /etc/apt/sources.list.d" \
            "add the distribution's own source there, or install Docker Engine with Compose and buildx"
    printf 'Types: deb\nSuites: %s\nComponents: main\n%s\n' "$ENGINE_SUITE" "$mirror" |
        as_root tee /etc/apt/sources.list.d/shiplane.sources >/dev/null
    as_root tee /etc/apt/preferences.d/shiplane >/dev/null <<EOF
Package: *
Pin: release n=$ENGINE_SUITE
Pin-Priority: -1

Package: ${ENGINE_PACKAGES[*]}
Pin: release n=$ENGINE_SUITE
Pin-Priority: 990
EOF
}

# engine_configure: choose the containerd image store, which has every cache exporter and attestations. Images of
# another store are not visible after the switch, so an engine with a configuration or images of its own keeps it.
engine_configure() {
    [[ ! -e $SHIPLANE_DAEMON_JSON && ! -d /var/lib/docker/image ]] || return 0
    as_root mkdir -p "$(dirname "$SHIPLANE_DAEMON_JSON")"
    echo '{"features": {"containerd-snapshotter": true}}' | as_root tee "$SHIPLANE_DAEMON_JSON" >/dev/null
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
        # The engine must not hold our lock or our terminal.
        as_root bash -c "setsid --fork dockerd >>'$DOCKERD_LOG' 2>&1 </dev/null 9>&-"
    fi
    for ((waited = 1; waited <= 120; waited++)); do
        as_root docker info >/dev/null 2>&1 && return 0
        ((waited % 40)) || say "engine: waiting for its answer"
        sleep 0.5
    done
    fail_with_log "the engine does not answer after 60 s" "$DOCKERD_LOG"
}

# engine_forget_stale FILE PROGRAM: remove a pid file left by a machine that was switched off: its number may belong
# to another program now, and the engine would refuse to start.
engine_forget_stale() {
    local file=/var/run/$1 pid
    pid=$(cat "$file" 2>/dev/null) || return 0
    [[ $(cat "/proc/$pid/comm" 2>/dev/null) == "$2" ]] || as_root rm -f "$file"
}

# engine_still_absent PROBLEM: explain an engine that runs for root and not for this user.
engine_still_absent() {
    if as_root docker info >/dev/null 2>&1; then
        fail "the engine runs, and $(id -un) may not use it" \
            "sudo usermod -aG docker $(id -un), log in again, and repeat"
    fi
    fail "$1 after the installation" "read $DOCKERD_LOG"
}
