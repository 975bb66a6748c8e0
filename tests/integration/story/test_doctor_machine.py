"""Faults of a machine, made for real: its engine, plugins, logins, ways out, disks, memory and names."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import socket
import subprocess
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from certificates import issue
from helpers.doctor import follow, found, free, make, read
from helpers.engine import docker
from helpers.engines import PlayedEngine, played
from helpers.ports import free_ports

if TYPE_CHECKING:
    from helpers.clone import Clone

GIB = 2**30
# A plugin of Docker's client that says another version, or nothing, and is else the real one.
PLUGIN = """#!/bin/sh
case "$1 $2" in
"{name} version") {says} ;;
*) exec {real} "$@" ;;
esac
"""


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Clone:
    return make(tmp_path_factory.mktemp("doctor"))


def plugins() -> dict[str, str]:
    """Give the files of the client's plugins."""
    told = json.loads(docker("info", "--format", "{{json .ClientInfo.Plugins}}"))
    return {one["Name"]: one["Path"] for one in told}


def plant(folder: Path, name: str, says: str) -> Path:
    """Put a plugin in the place of the machine's own; give its file."""
    file = folder / "cli-plugins" / f"docker-{name}"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(PLUGIN.format(name=name, says=says, real=shlex.quote(plugins()[name])))
    file.chmod(0o755)
    return file


def test_engine_plugins_and_ways_out(clone: Clone, tmp_path: Path) -> None:
    (nobody,) = free_ports(1)
    config = tmp_path / "docker"
    planted = [plant(config, "compose", "echo 2.20.3"), plant(config, "buildx", "exit 1")]
    (config / "config.json").write_text("{")
    ended = tmp_path / "ended.pem"
    ended.write_text(issue(begins=datetime.now(UTC) - timedelta(days=9), days=3).pem)
    environ = {
        "DOCKER_CONFIG": str(config),
        "DOCKER_HOST": f"tcp://127.0.0.1:{nobody}",
        "HTTPS_PROXY": f"http://me:secret-of-mine@127.0.0.1:{nobody}",
        "HTTP_PROXY": "gopher://127.0.0.1",
        "PIP_CERT": str(ended),
        "CURL_CA_BUNDLE": str(tmp_path / "nowhere.pem"),
        "GIT_SSL_CAINFO": os.devnull,
    }
    bundles = ("PIP_CERT", "CURL_CA_BUNDLE", "GIT_SSL_CAINFO")
    told = found(clone, **environ)
    assert list(told) == [
        *("engine", "compose", "buildx", "proxy.HTTPS_PROXY", "proxy.HTTP_PROXY"),
        *(*(f"authorities.{name}" for name in bundles), "docker-config"),
    ]
    assert "secret-of-mine" not in json.dumps(told)
    assert told["compose"]["cause"].startswith("Docker Compose is 2.20.3, and has to be ")
    for name, file in zip(("compose", "buildx"), planted, strict=True):
        assert "install" in told[name]["fix"]
        file.unlink()
        file.symlink_to(plugins()[name])
    follow(clone, told["docker-config"]["fix"].partition(": ")[2])
    assert told["engine"]["fix"] == "start the engine that DOCKER_HOST names, or: unset DOCKER_HOST"
    del environ["DOCKER_HOST"]
    assert told["proxy.HTTP_PROXY"]["fix"] == "set it to http://HOST:PORT, or unset HTTP_PROXY"
    del environ["HTTP_PROXY"]
    for name in bundles:
        environ[name] = told[f"authorities.{name}"]["fix"].partition("such as ")[2].partition(",")[0]
    with socket.create_server(("127.0.0.1", 0)) as proxy:
        environ["HTTPS_PROXY"] = f"http://127.0.0.1:{proxy.getsockname()[1]}"
        assert found(clone, **environ) == {}


def without_rights_of_root() -> tuple[str, ...]:
    """Give the program that runs another as a user to whom the modes of files apply."""
    rights = "-dac_override,-dac_read_search"
    return () if os.getuid() else (str(shutil.which("setpriv")), "--bounding-set", rights, "--inh-caps", rights)


def test_an_engine_that_lets_nobody_in_or_is_old_and_a_login_helper_that_is_not_there(
    clone: Clone, tmp_path: Path
) -> None:
    config, programs = tmp_path / "docker", tmp_path / "programs"
    programs.mkdir()
    for name in ("compose", "buildx"):
        plant(config, name, f"exec {shlex.quote(plugins()[name])} {name} version $3")
    (config / "config.json").write_text('{"credsStore": "shiplane-test"}')
    file = tmp_path / "engine"
    with played(PlayedEngine("20.10.24", GIB), file) as engine:
        path = f"{programs}:{clone.environ['PATH']}"
        environ = {"DOCKER_CONFIG": str(config), "DOCKER_HOST": f"unix://{file}", "PATH": path}
        file.chmod(0)
        told = found(clone, before=without_rights_of_root(), **environ)
        assert "permission denied" in told["engine"]["cause"]
        assert told["engine"]["fix"] == 'sudo usermod -aG docker "$USER", then log in again'
        # What that comes to: the engine's file may be opened.
        file.chmod(0o600)
        told = found(clone, before=without_rights_of_root(), **environ)
        assert list(told) == ["engine", "memory", "docker-config.docker-credential-shiplane-test"]
        assert told["engine"]["cause"].startswith("the engine 20.10.24 is older than ")
        assert told["memory"]["cause"].startswith("the engine may use 1.0 GiB of memory, and 2.0 GiB are needed")
        helper = programs / "docker-credential-shiplane-test"
        assert told[f"docker-config.{helper.name}"]["fix"].startswith(f"install {helper.name}, or ")
        helper.write_text("#!/bin/sh\necho '{}'\n")
        helper.chmod(0o755)
        engine.version, engine.memory = "26.1.5", 4 * GIB
        assert found(clone, **environ) == {}


def apart() -> list[str]:
    """Give the words that run a program as root among mounts of its own, which nobody else sees."""
    ways = (["unshare", "--mount"], ["unshare", "--map-root-user", "--mount"])
    for way in (*ways, ["sudo", "--non-interactive", "--preserve-env", *ways[0]]):
        with suppress(FileNotFoundError):
            tried = subprocess.run([*way, "mount", "-t", "tmpfs", "none", "/mnt"], check=False, capture_output=True)
            if tried.returncode == 0:
                return way
    raise AssertionError("nobody lets this user mount anything, not even for itself")


# On a disk of its own: one that is nearly full, then one that has room for few files, then one with enough of both.
STORY = """
set -eu
look() { set +e; .venv/bin/invoke doctor --seconds 60 --json >"$disk/../told-$1"; set -e; }
disk=$1 memory=$2 names=$3
mount -t tmpfs -o size=400m,nr_inodes=20000 none "$disk"
cp -a "$4" "$disk/shop"
cd "$disk/shop"
export PYTHONPATH="$disk/shop/src"
mount --bind "$memory" /proc/meminfo
mount --bind "$names" /etc/hosts
look 1
umount /proc/meminfo /etc/hosts
mount -o remount,size=8g "$disk"
look 2
mount -o remount,nr_inodes=200000 "$disk"
look 3
"""


def test_a_full_disk_little_memory_and_a_localhost_that_is_another_machine(clone: Clone, tmp_path: Path) -> None:
    disk, memory, names = (tmp_path / name for name in ("disk", "meminfo", "hosts"))
    disk.mkdir()
    lines = Path("/proc/meminfo").read_text().splitlines()
    memory.write_text("".join(f"{'MemAvailable: 500000 kB' if 'Available' in line else line}\n" for line in lines))
    names.write_text("192.0.2.7 localhost\n")
    environ = {**clone.environ, **free()}
    script = ["sh", "-c", STORY, "sh", *map(str, (disk, memory, names, clone.folder))]
    subprocess.run([*apart(), *script], env=environ, check=True, timeout=300)
    first, second, third = (read((tmp_path / f"told-{number}").read_text()) for number in (1, 2, 3))
    assert list(first) == ["disk", "memory", "names.localhost"]
    assert first["memory"]["cause"].startswith("0.5 GiB of memory are free, and 1.0 GiB are needed")
    assert f"on the disk of {disk}/shop, and 3.0 GiB are needed" in first["disk"]["cause"]
    assert first["names.localhost"]["cause"].startswith("localhost is 192.0.2.7, and not this machine")
    assert list(second) == ["disk"]
    assert "more files" in second["disk"]["cause"]
    assert third == {}
