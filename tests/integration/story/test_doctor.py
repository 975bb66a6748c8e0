"""Faults made for real on this machine: found, mended as told, gone."""

from __future__ import annotations

import os
import socket
import subprocess
from typing import TYPE_CHECKING

import pytest

from helpers.doctor import found, free, make
from shiplane.errors import Unreachable
from shiplane.runners.network import NetworkRunner

if TYPE_CHECKING:
    from collections.abc import Iterator

    from helpers.clone import Clone

SECONDS = 3.0


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Clone:
    return make(tmp_path_factory.mktemp("doctor"))


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server


def test_nothing_is_found_where_nothing_is_wrong(clone: Clone) -> None:
    assert found(clone) == {}


def test_it_takes_three_seconds_at_most(clone: Clone) -> None:
    ends = [clone.start("invoke", "doctor", environ=free()).finish() for _ in range(3)]
    # By the best of three, and by what is left of the machine: other programs run beside this one.
    share = max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1))
    assert min(end.seconds for end in ends) < SECONDS * share


def test_a_port_that_is_held_names_this_very_process(clone: Clone, listener: socket.socket) -> None:
    port = str(listener.getsockname()[1])
    told = found(clone, PROXY_PORT=port)
    assert list(told) == [f"ports.{port}"]
    assert f"(process {os.getpid()})" in told[f"ports.{port}"]["cause"]
    assert told[f"ports.{port}"]["fix"].endswith("or set PROXY_PORT to another port in .env")
    listener.close()
    assert found(clone, PROXY_PORT=port) == {}


def test_line_ends_and_modes_of_scripts(clone: Clone) -> None:
    script = clone.folder / "docker-dev.sh"
    name, before = script.name, script.read_bytes()
    script.write_bytes(before.replace(b"\n", b"\r\n"))
    script.chmod(0o644)
    assert list(found(clone)) == [f"line-ends.{name}", f"modes.{name}"]
    assert found(clone, "--fix") == {}
    assert script.read_bytes() == before
    assert os.access(script, os.X_OK)


def test_a_variable_that_nothing_sets(clone: Clone) -> None:
    file = clone.folder / "docker-compose.yml"
    before = file.read_text()
    file.write_text(before.replace("POSTGRES_DB: ${DB_NAME:-app}", "POSTGRES_DB: ${DB_LABEL}"))
    line = file.read_text().splitlines().index("      POSTGRES_DB: ${DB_LABEL}") + 1
    told = found(clone)["variables.docker-compose.yml.DB_LABEL"]
    assert told["cause"] == f"docker-compose.yml:{line} uses DB_LABEL, which nothing sets, so it is empty there"
    (clone.folder / ".env").write_text("DB_LABEL=app\n")
    assert found(clone) == {}
    (clone.folder / ".env").unlink()
    file.write_text(before)


def test_a_key_that_others_can_read(clone: Clone) -> None:
    key = clone.folder.parent / "key"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key)], check=True, timeout=30)
    key.chmod(0o644)
    pinned = clone.folder.parent / "known_hosts"
    pinned.write_text("[127.0.0.1]:1 " + key.with_suffix(".pub").read_text())
    remote = {
        "SERVER_HOST": "127.0.0.1",
        "SERVER_PORT": "1",
        "SERVER_USER": "deploy",
        "SSH_PRIVATE_KEY": str(key),
        "SSH_KNOWN_HOSTS": str(pinned),
    }
    told = found(clone, "--target", "remote", **remote)
    assert told[f"keys.{key}"]["fix"] == f"chmod 600 {key}"
    assert "host-keys" not in told
    assert told["servers"]["cause"].startswith("127.0.0.1:1 does not answer")
    assert f"keys.{key}" not in found(clone, "--target", "remote", "--fix", **remote)
    assert key.stat().st_mode & 0o777 == 0o600


def test_an_engine_that_never_answers_is_told_in_time(clone: Clone, listener: socket.socket) -> None:
    """The port takes connections, and says nothing."""
    environ = {**free(), "DOCKER_HOST": f"tcp://127.0.0.1:{listener.getsockname()[1]}"}
    end = clone.start("invoke", "doctor", environ=environ).finish()
    assert end.code == 2
    assert "engine: no answer within" in end.output
    share = max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1))
    assert end.seconds < 2 * SECONDS * share, "and nothing waits for it"


def test_the_network_answers_as_it_is(listener: socket.socket) -> None:
    network, port = NetworkRunner(), listener.getsockname()[1]
    network.connect("127.0.0.1", port)
    assert "127.0.0.1" in network.addresses("localhost")
    with pytest.raises(Unreachable, match=f"127.0.0.1:{port} shows no host key: "):
        network.host_key("127.0.0.1", port, "ssh-ed25519", 0.2)
    listener.close()
    with pytest.raises(Unreachable, match=f"127.0.0.1:{port} does not answer: Connection refused"):
        network.connect("127.0.0.1", port)
    for name in ("nobody.invalid", "a" * 70 + ".test", "ü" * 300):
        with pytest.raises(Unreachable, match="has no address"):
            network.addresses(name)
