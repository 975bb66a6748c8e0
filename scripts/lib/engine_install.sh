# shellcheck shell=bash
# Install a container engine from the packages of Debian or Ubuntu.

ENGINE_SUITE=trixie # the first Debian release with Compose v2 and buildx
# What an older release takes from that one. libc6, runc and all the rest stay its own.
ENGINE_PACKAGES=(docker.io docker-cli containerd docker-compose docker-buildx)
# debootstrap makes base images where no registry can be reached; the others are recommended by docker.io, or needed
# by the lab.
ENGINE_TOOLS=(ca-certificates debootstrap git iptables openssh-client xz-utils)
DAEMON_JSON=/etc/docker/daemon.json
# A test points this at another file to play another distribution.
: "${SHIPLANE_OS_RELEASE:=/etc/os-release}"

# os_release FIELD: print a field of the distribution's description.
os_release() {
    [[ -r $SHIPLANE_OS_RELEASE ]] || return 0
    sed -n "s/^$1=//p" "$SHIPLANE_OS_RELEASE" | tr -d "\"'" | head -n 1
}

# engine_packages: print the names of the engine's packages on this distribution.
engine_packages() {
    if [[ $(os_release ID) == ubuntu ]]; then
        echo docker.io docker-compose-v2 docker-buildx
    else
        echo "${ENGINE_PACKAGES[@]}"
    fi
}

# engine_install LOG: install the packages of the engine by apt.
engine_install() {
    local log=$1 packages
    say "engine: installing"
    read -r -a packages <<<"$(engine_packages)"
    engine_configure
    [[ $(os_release VERSION_CODENAME) != bookworm ]] || engine_pin
    # An installation that was interrupted before has to be finished first.
    as_root env DEBIAN_FRONTEND=noninteractive dpkg --configure -a >>"$log" 2>&1 </dev/null || true
    quietly "engine: package lists" "$log" as_root apt-get -q update ||
        say "engine: some package lists could not be read; going on with what there is"
    quietly "engine: packages" "$log" as_root env DEBIAN_FRONTEND=noninteractive \
        apt-get -q -o DPkg::Lock::Timeout=300 install --yes --no-install-recommends "${packages[@]}" "${ENGINE_TOOLS[@]}" ||
        fail_with_log "the engine's packages could not be installed" "$log"
    hash -r
    say "engine: installed"
}

# engine_pin: offer the five packages of the newer Debian release, and nothing else of it, to apt.
engine_pin() {
    local mirror
    mirror=$(apt_mirror "$(os_release VERSION_CODENAME)") ||
        fail "no mirror of Debian stands in /etc/apt/sources.list or /etc/apt/sources.list.d" \
            "add the distribution's own source there, or install Docker Engine with Compose and buildx"
    as_root tee /etc/apt/sources.list.d/shiplane.sources >/dev/null <<EOF
# Written by Shiplane's scripts/bootstrap: the container engine, and nothing else, comes from here.
Types: deb
Suites: $ENGINE_SUITE
Components: main
$mirror
EOF
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
    [[ ! -e $DAEMON_JSON && ! -d /var/lib/docker/image ]] || return 0
    as_root mkdir -p "$(dirname "$DAEMON_JSON")"
    echo '{"features": {"containerd-snapshotter": true}}' | as_root tee "$DAEMON_JSON" >/dev/null
}
