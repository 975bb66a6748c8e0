"""Bad input on real parts: one clear error, its exit code, and nothing changed."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

import pytest

from helpers.clone import Clone
from helpers.engine import docker, traces, wait_for
from shiplane.lab.layout import first_port

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from helpers.servers import Servers
    from helpers.story import Chapter

pytestmark = pytest.mark.timeout(1200)
_FOLDERS = "cd /home/deploy/deployments/app-staging && ls -A . releases && readlink current && docker ps -q"

_FORGET = "docker ps -aq --filter label=dev.shiplane.kept | xargs -r docker rm && docker image prune --all --force"


@pytest.fixture
def unchanged(servers: Servers, fourth: Chapter) -> Iterator[None]:
    """See that a test leaves what serves, and the server's folder and containers, as they were."""
    assert fourth.done.code
    before = servers.look(), servers.run("staging", "sh", "-c", _FOLDERS)
    yield
    after = servers.look(), servers.run("staging", "sh", "-c", _FOLDERS)
    assert after[1] == before[1]
    assert after[0].digests == before[0].digests
    for environment in ("staging", "production"):
        assert after[0].release(environment) == before[0].release(environment)


@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize("words", [("publish",), ("deploy", "--env", "staging", "--release", "SECOND")])
def test_a_wrong_registry_password(clone: Clone, servers: Servers, second: Chapter, words: tuple[str, ...]) -> None:
    # The images of a release that is kept are on the server: the registry is asked only for what it lacks.
    servers.run("staging", "sh", "-c", _FORGET)
    told = tuple(second.release if word == "SECOND" else word for word in words)
    wrong = {"REGISTRY_PASSWORD": "wr0ng)$'\"#\\ password"}
    done = clone.invoke(*told, "--plain", code=4, environ=wrong)
    assert "refuses the login of 'shiplane'" in done.output
    assert "fix: check REGISTRY_USER and REGISTRY_PASSWORD" in done.output
    assert wrong["REGISTRY_PASSWORD"] not in done.output


@pytest.mark.usefixtures("unchanged")
def test_a_host_key_that_changed(clone: Clone, second: Chapter) -> None:
    pinned = clone.folder / ".shiplane/lab/known_hosts"
    text = pinned.read_text()
    (one, key), (other, _) = (line.split(" ", 1) for line in text.splitlines())
    pinned.write_text(f"{one} {text.splitlines()[1].split(' ', 1)[1]}\n{other} {key}\n")
    try:
        done = clone.invoke("deploy", "--env", "staging", "--release", second.release, "--plain", code=4)
    finally:
        pinned.write_text(text)
    assert f"does not show the host key that is pinned in {pinned}" in done.output
    assert "if the server was rebuilt, replace its line there; if not, somebody answers in its place" in done.output


def test_a_server_that_is_gone_and_a_port_that_is_taken(clone: Clone, servers: Servers, fourth: Chapter) -> None:
    release, port = fourth.seen.release("production"), servers.state["ports"]["production-ssh"]
    docker("stop", f"{clone.lab_name}-production")
    done = clone.invoke("rollback", "--env", "production", "--plain", code=4)
    assert f"127.0.0.1:{port}" in done.output or "does not answer" in done.output
    with socket.create_server(("127.0.0.1", port)):
        taken = clone.invoke("lab.up", code=2)
    assert f"port {port} (production-ssh of the lab) is taken by another program" in taken.output
    assert f"ss -ltnp 'sport = :{port}'" in taken.output
    clone.invoke("lab.up")
    wait_for("production serving again", lambda: servers.serves("production", release), 240)


def test_a_port_that_is_taken_before_there_is_a_lab(tmp_path: Path) -> None:
    other = Clone.make(tmp_path / "other")
    port = first_port(other.folder)
    with socket.create_server(("127.0.0.1", port)):
        try:
            other.invoke("lab.up")
            state = other.json("lab.status")
        finally:
            other.invoke("lab.down")
    assert set(state) == {"registry", "stand_in_images", "servers", "environments", "ca_file"}
    assert set(state["environments"]) == {"staging", "production"}
    for server in state["servers"]:
        assert set(server) == {"name", "environment", "host", "port", "user", "key_file"}
    addresses = [state["registry"], *state["environments"].values(), *(f":{s['port']}" for s in state["servers"])]
    assert not any(address.endswith(f":{port}") for address in addresses)
    assert traces(other.lab_name) == []


@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize(
    ("words", "cause"),
    [
        (("deploy", "--env", "stagging"), "unknown environment 'stagging'"),
        (("deploy", "--env", "staging", "--release", "0123456789ab"), "no published release for 0123456789ab"),
        (("deploy", "--env", "staging", "--target", "remot"), "unknown target 'remot'"),
        (("rollback", "--env", "staging", "--to", "0123456789ab"), "unknown release '0123456789ab'"),
        (("pipeline", "--event", "pussh"), "unknown event 'pussh'"),
        (("pipeline", "--until", "stagin"), "unknown stage 'stagin'"),
    ],
)
def test_names_that_are_not_known(clone: Clone, words: tuple[str, ...], cause: str) -> None:
    done = clone.invoke(*words, code=2)
    assert cause in done.output
    assert "fix: " in done.output


def test_every_missing_secret_is_named_at_once(clone: Clone, first: Chapter) -> None:
    assert first.done.code == 0
    remote = {"DB_PASSWORD": "", "REPOSITORY_OWNER": "somebody", "STAGING_SERVER_HOST": "192.0.2.1"}
    before = sorted(clone.runs.iterdir())
    done = clone.invoke("pipeline", "--branch", "main", "--target", "remote", "--plain", code=2, environ=remote)
    missing = "DB_PASSWORD, PRODUCTION_SERVER_HOST, SERVER_USER, SSH_KNOWN_HOSTS, SSH_PRIVATE_KEY"
    assert f"secrets missing for staging and production: {missing}\n" in done.output
    assert sorted(clone.runs.iterdir()) == before
