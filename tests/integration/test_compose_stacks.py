"""A development stack and, beside it, the specification's test command: two stacks that share nothing."""

import contextlib
import json
import os
import secrets
import socket
import subprocess
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from helpers.ports import free_ports

ROOT = Path(__file__).resolve().parents[2]
DEVELOPMENT = ("-f", "docker-compose.yml")
TEST = ("-f", "docker-compose.yml", "-f", "compose.test.yml")
PORTS = (
    "PROXY_PORT",
    *(f"{kind}_{name}_PORT" for kind in ("DEV", "TEST") for name in ("DB", "REDIS", "BACKEND", "FRONTEND")),
    "TEST_PROXY_PORT",
)
TAG = f"compose-stacks-{secrets.token_hex(4)}"
IMAGES = {"BACKEND_DEV_IMAGE": f"backend-dev:{TAG}", "FRONTEND_DEV_IMAGE": f"frontend-dev:{TAG}"}


class Stack:
    def __init__(self, project: str, files: tuple[str, ...], environ: dict[str, str]) -> None:
        self.project, self.files, self.environ = project, files, environ

    def compose(self, *arguments: str, check: bool = True) -> str:
        argv = ["docker", "compose", "-p", self.project, *self.files, *arguments]
        done = subprocess.run(
            argv, cwd=ROOT, env=self.environ, capture_output=True, text=True, check=False, timeout=600
        )
        assert done.returncode == 0 or not check, f"{done.stdout[-4000:]}\n{done.stderr[-4000:]}"
        return done.stdout

    def up(self) -> None:
        try:
            self.compose("up", "--detach", "--wait", "--wait-timeout", "180")
        except AssertionError as error:
            raise AssertionError(f"{error}\n{self.compose('logs', '--tail', '20', check=False)}") from None

    def containers(self) -> dict[str, Any]:
        identifiers = self.compose("ps", "--quiet").split()
        output = subprocess.run(["docker", "inspect", *identifiers], capture_output=True, check=True).stdout
        return {one["Config"]["Labels"]["com.docker.compose.service"]: one for one in json.loads(output)}


def get(port: str, path: str) -> tuple[int, str, dict[str, str]]:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=10) as answer:
        return answer.status, answer.read().decode(), dict(answer.headers)


def networks(container: dict[str, Any]) -> set[str]:
    return {network["NetworkID"] for network in container["NetworkSettings"]["Networks"].values()}


def volumes(container: dict[str, Any]) -> set[str]:
    return {mount["Name"] for mount in container["Mounts"] if mount["Type"] == "volume"}


@pytest.fixture(scope="module")
def environ() -> dict[str, str]:
    ports = dict(zip(PORTS, map(str, free_ports(len(PORTS))), strict=True))
    return {**os.environ, **ports, **IMAGES}


@pytest.fixture(scope="module")
def stacks(environ: dict[str, str]) -> Iterator[tuple[Stack, Stack]]:
    development = Stack(f"{TAG}-dev", DEVELOPMENT, environ)
    test = Stack(f"{TAG}-test", TEST, environ)
    try:
        development.up()
        yield development, test
    finally:
        for stack in (test, development):
            stack.compose("--profile", "*", "down", "--volumes", "--remove-orphans", "--timeout", "3", check=False)
        subprocess.run(["docker", "rmi", *IMAGES.values()], capture_output=True, check=False)


def identity(containers: dict[str, Any]) -> dict[str, tuple[str, str, int]]:
    return {name: (one["Id"], one["State"]["StartedAt"], one["RestartCount"]) for name, one in containers.items()}


def test_test_command_beside_a_running_development_stack(stacks: tuple[Stack, Stack], environ: dict[str, str]) -> None:
    development, test = stacks
    before = development.containers()
    assert set(before) == {"db", "redis", "backend", "frontend", "proxy"}
    test.up()
    after, beside = development.containers(), test.containers()
    assert identity(after) == identity(before)
    assert set(beside) == set(before)
    for kind in (networks, volumes):
        shared = set().union(*map(kind, after.values())) & set().union(*map(kind, beside.values()))
        assert shared == set()
    assert {one["State"]["Health"]["Status"] for one in (*after.values(), *beside.values())} == {"healthy"}
    assert json.loads(get(environ["TEST_PROXY_PORT"], "/api/v1/status/")[1])["environment"] == "test"
    assert json.loads(get(environ["PROXY_PORT"], "/api/v1/status/")[1])["environment"] == "development"


def test_the_proxy_leads_to_both_and_names_itself_once(stacks: tuple[Stack, Stack], environ: dict[str, str]) -> None:
    assert stacks
    status, page, headers = get(environ["PROXY_PORT"], "/runs/any")
    assert status == 200
    assert '<div id="root">' in page
    assert headers["Server"] == "nginx"
    assert json.loads(get(environ["PROXY_PORT"], "/api/v1/health/")[1])["status"] == "ok"
    get(environ["PROXY_PORT"], "/api/v1/health/?token=never-in-a-log")
    proxy = stacks[0].containers()["proxy"]["Id"]
    log = subprocess.run(["docker", "logs", proxy], capture_output=True, text=True, check=True).stdout
    entries = [json.loads(line) for line in log.splitlines() if line.startswith("{")]
    assert entries[-1]["path"] == "/api/v1/health/"
    assert "never-in-a-log" not in log


def test_the_proxy_cannot_name_the_database(stacks: tuple[Stack, Stack]) -> None:
    reached = stacks[0].compose("exec", "-T", "proxy", "sh", "-c", "getent hosts db redis || echo nothing")
    assert reached == "nothing\n"
    assert "backend" in stacks[0].compose("exec", "-T", "proxy", "getent", "hosts", "backend")


def test_the_proxy_finds_a_backend_that_was_recreated(stacks: tuple[Stack, Stack], environ: dict[str, str]) -> None:
    development = stacks[0]
    proxy = development.containers()["proxy"]["Id"]
    development.compose("up", "--detach", "--no-deps", "--force-recreate", "--wait", "backend")
    eventually(lambda: get(environ["PROXY_PORT"], "/api/v1/health/")[0] == 200)
    assert development.containers()["proxy"]["Id"] == proxy


def eventually(true: Callable[[], bool]) -> None:
    """Wait until something is true; what it raises on the way is of no interest."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        with contextlib.suppress(OSError):
            if true():
                return
        time.sleep(0.2)
    assert true()


def test_a_changed_source_is_served_without_a_build(stacks: tuple[Stack, Stack], environ: dict[str, str]) -> None:
    assert stacks
    source = (ROOT / "frontend/src/testids.ts").read_text()
    served = get(environ["PROXY_PORT"], "/src/testids.ts")[1]
    assert "boardRelease" in source
    assert "boardRelease" in served
    mounted = [mount for mount in stacks[0].containers()["backend"]["Mounts"] if mount["Type"] == "bind"]
    mounts = {mount["Destination"]: mount["Source"] for mount in mounted}
    assert mounts == {"/app": str(ROOT / "backend")}


def test_hot_reload_passes_the_proxy(stacks: tuple[Stack, Stack], environ: dict[str, str]) -> None:
    assert stacks
    request = (
        f"GET / HTTP/1.1\r\nHost: localhost:{environ['PROXY_PORT']}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
        "Sec-WebSocket-Protocol: vite-ping\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", int(environ["PROXY_PORT"])), timeout=10) as connection:
        connection.sendall(request.encode())
        assert connection.recv(100).startswith(b"HTTP/1.1 101 ")
