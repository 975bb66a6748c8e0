# shellcheck shell=bash
# prepare check USER FOLDER: print what a server has, a kind, a tab and its value per line; changes nothing.
# prepare make USER FOLDER ITEM...: make the items, as root or by sudo; standard input holds the public key of USER,
# if any. Prints what was made, and `cannot`, a tab, the item, a tab and why for what could not be.
main() {
    local verb=$1 user=$2 folder=$3 home
    shift 3
    export DEBIAN_FRONTEND=noninteractive LC_ALL=C
    home=$(getent passwd "$user" | cut -d : -f 6) || home=
    "do_$verb" "$user" "$folder" "$home" "$@"
}

tell() { printf '%s\t%s\n' "$1" "$2"; }

do_check() {
    local user=$1 folder=$2 home=$3 name lacking=
    tell time "$(date +%s.%N)"
    tell who "$(id -un)"
    [ "$(id -u)" -ne 0 ] || tell root yes
    if [ "$(id -u)" -ne 0 ] && sudo -n true 2>/dev/null; then tell root sudo; fi
    for name in bash flock setsid base64 stat date find xargs awk grep sed tar sort comm; do
        command -v "$name" >/dev/null || { tell missing "$name"; lacking=yes; }
    done
    # What follows is made of them.
    [ -z "$lacking" ] || return 0
    tell engine "$(docker version --format '{{.Server.Version}}' 2>&1 | tail -n 1)"
    tell compose "$(docker compose version --short 2>&1 | tail -n 1)"
    tell containers "$(docker ps -q 2>/dev/null | wc -l)"
    tell driver "$(docker info --format '{{.LoggingDriver}}' 2>/dev/null)"
    [ ! -e /etc/docker/daemon.json ] || tell settings "$(tr -d '\n' </etc/docker/daemon.json)"
    tell sessions "$(sessions)"
    disks "$home"
    [ -z "$home" ] || account "$user" "$folder" "$home"
}

# The last line of sshd's own answer where we may ask it, else the first in its files, as sshd reads them; 10 if none.
sessions() {
    local found=
    [ "$(id -u)" -ne 0 ] || found=$("$(command -v sshd || echo /usr/sbin/sshd)" -T 2>/dev/null | awk '$1 == "maxsessions" { print $2 }') || :
    [ -n "$found" ] || found=$(cat /etc/ssh/sshd_config.d/*.conf /etc/ssh/sshd_config 2>/dev/null | awk 'tolower($1) == "maxsessions" { print $2; exit }') || :
    echo "${found:-10}"
}

disks() {
    local place
    for place in "${1:-/home}" "$(docker info --format '{{.DockerRootDir}}' 2>/dev/null)"; do
        # What is not there yet, or may not be entered, lies on the disk of what holds it.
        while [ -n "$place" ] && ! df -P "$place" >/dev/null 2>&1; do place=${place%/*}; done
        df -P -B 1 "${place:-/}" | awk 'NR == 2 { print "disk\t" $6 "\t" $4 }'
    done | sort -u
}

account() {
    local user=$1 folder=$2 home=$3 path
    tell user "$(getent passwd "$user" | cut -d : -f 7)"
    tell groups "$(id -nG "$user")"
    for path in "$home" "$home/.ssh" "$home/.ssh/authorized_keys" "$home/${folder%/*}" "$home/$folder"; do
        [ ! -e "$path" ] || tell path "$(stat -c '%a %U' "$path") $path"
    done
    [ ! -r "$home/.ssh/authorized_keys" ] || sed -n 's/^/authorized\t/p' "$home/.ssh/authorized_keys"
}

do_make() {
    local user=$1 folder=$2 home=$3 key='' item why code
    IFS= read -r key || :
    shift 3
    case " $* " in *' tools '* | *' engine '* | *' compose '*) ! command -v apt-get >/dev/null || apt-get update -qq >/dev/null 2>&1 || : ;; esac
    for item in "$@"; do
        # Not as a condition: within one, no failure would end what it runs.
        set +e
        why=$(set -e; "make_${item//-/_}" "$user" "$folder" "$home" "$key" 2>&1 </dev/null)
        code=$?
        set -e
        if [ "$code" -eq 0 ]; then
            tell made "$item"
        else
            tell cannot "$item"$'\t'"$(grep -v '^ *$' <<<"$why" | tail -n 1)"
        fi
        home=$(getent passwd "$user" | cut -d : -f 6) || home=
    done
}

# packages NAME...: install the distribution's packages; only Debian's relatives are known.
packages() {
    command -v apt-get >/dev/null || { echo "no apt-get here: the packages are installed by hand"; return 1; }
    apt-get install -y -qq --no-install-recommends "$@"
}

# candidate PACKAGE: the version that would be installed, without epoch and what the distribution adds.
candidate() { ! command -v apt-cache >/dev/null || apt-cache policy "$1" 2>/dev/null | awk '$1 == "Candidate:" { print $2 }' | sed -E 's/^[0-9]+://; s/^([0-9.]+).*/\1/'; }

at_least() { [ "$(printf '%s\n' "$1" "$2" | sort -V | head -n 1)" = "$2" ]; }

make_tools() { packages bash util-linux coreutils findutils gawk grep sed tar; }

make_engine() {
    local found
    if ! command -v dockerd >/dev/null; then
        found=$(candidate docker.io)
        at_least "${found:-0}" 25 || { echo "the distribution has engine ${found:-none}"; return 1; }
        # Debian has the client apart from the engine; Ubuntu has not.
        if [ -n "$(candidate docker-cli)" ]; then packages docker.io docker-cli iptables; else packages docker.io iptables; fi
    fi
    start_engine
}

start_engine() {
    local _
    if [ -d /run/systemd/system ]; then
        systemctl enable -q --now docker
    elif ! docker version >/dev/null 2>&1; then
        service docker start >/dev/null 2>&1 || :
    fi
    for _ in {1..100}; do
        ! docker version >/dev/null 2>&1 || return 0
        sleep 0.2
    done
    echo "the engine does not start: see journalctl -u docker"
    return 1
}

make_compose() {
    local name found
    for name in docker-compose-v2 docker-compose-plugin docker-compose; do
        found=$(candidate "$name")
        if at_least "${found:-0}" 2.24.4; then
            packages "$name"
            return
        fi
    done
    echo "the distribution has no Compose 2.24.4 or newer"
    return 1
}

# With a password that nothing matches: sshd refuses an account that is locked.
make_user() {
    if getent passwd "$1" >/dev/null; then
        usermod --shell /bin/bash "$1"
    else
        useradd --create-home --shell /bin/bash --password '*' "$1"
    fi
}

make_docker_group() {
    groupadd --force --system docker
    usermod --append --groups docker "$1"
}

# has_key KEY FILE: tell whether a line of the file holds the key: its type and its body, between spaces.
has_key() {
    awk -v key="$1" '
        BEGIN { split(key, part, " ") }
        { for (i = 1; i < NF; i++) if ($i == part[1] && $(i + 1) == part[2]) found = 1 }
        END { exit !found }' "$2"
}

make_authorized_key() {
    local keys=$3/.ssh/authorized_keys
    chmod go-w "$3"
    [ -n "$4" ] || [ -e "$keys" ] || { echo "no key was given: set SSH_PRIVATE_KEY"; return 1; }
    mkdir -p "$3/.ssh"
    touch "$keys"
    if [ -n "$4" ] && ! has_key "$4" "$keys"; then
        # A file may end without an end of line.
        [ -z "$(tail -c 1 "$keys")" ] || echo >>"$keys"
        printf '%s\n' "$4" >>"$keys"
    fi
    chmod 700 "$3/.ssh"
    chmod 600 "$keys"
    chown "$1:" "$3/.ssh" "$keys"
}

make_folders() {
    mkdir -p "$3/$2"
    chmod 700 "$3/${2%/*}" "$3/$2"
    chown "$1:" "$3/${2%/*}" "$3/$2"
}

# In a file that sshd reads before the others: the first word about a setting counts.
make_max_sessions() {
    local file=/etc/ssh/sshd_config.d/00-shiplane.conf sshd
    sshd=$(command -v sshd || echo /usr/sbin/sshd)
    grep -qiE '^ *Include +/etc/ssh/sshd_config\.d/' /etc/ssh/sshd_config || { echo "sshd_config includes no sshd_config.d"; return 1; }
    echo 'MaxSessions 10' >"$file"
    chmod 644 "$file"
    "$sshd" -t || { rm -f "$file"; return 1; }
    if [ -d /run/systemd/system ]; then systemctl reload ssh 2>/dev/null || systemctl reload sshd; else kill -HUP "$(cat /run/sshd.pid)"; fi
}

make_clock() {
    [ -d /run/systemd/system ] || { echo "no systemd here that keeps the time"; return 1; }
    timedatectl set-ntp true
}

# Only asked for where the engine has no settings and runs nothing.
make_log_rotation() {
    [ ! -s /etc/docker/daemon.json ] || { echo "/etc/docker/daemon.json has settings: add log-opts there by hand"; return 1; }
    mkdir -p /etc/docker
    printf '{"log-driver": "json-file", "log-opts": {"max-size": "10m", "max-file": "3"}, "live-restore": true}\n' >/etc/docker/daemon.json
    chmod 644 /etc/docker/daemon.json
    if [ -d /run/systemd/system ]; then systemctl restart docker; else kill "$(cat /run/docker.pid)" && sleep 1; fi
    start_engine
}
