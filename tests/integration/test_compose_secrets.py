"""Database and Redis of the staging overlay, with a password of every awkward character."""

import os
import secrets
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from shiplane.commands.dotenv import render

ROOT = Path(__file__).resolve().parents[2]
PASSWORD = "p)$'\"#\\ ü"
FILES = ("-f", "docker-compose.yml", "-f", "compose.staging.yml")


class Stack:
    """The stack in a folder as a server has it, without the services whose images must be built."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.project = f"compose-secrets-{secrets.token_hex(4)}"

    def compose(self, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[bytes]:
        argv = ["docker", "compose", "-p", self.project, *FILES, *arguments]
        environ = {"PATH": os.environ["PATH"], "HOME": os.environ["HOME"]}
        done = subprocess.run(argv, cwd=self.folder, env=environ, capture_output=True, check=False, timeout=120)
        assert done.returncode == 0 or not check, done.stderr.decode()
        return done

    def shell(self, service: str, script: str) -> bytes:
        return self.compose("exec", "-T", service, "sh", "-euc", script).stdout


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    folder = tmp_path_factory.mktemp("server")
    for name in ("docker-compose.yml", "compose.staging.yml", ".env.docker"):
        shutil.copy(ROOT / name, folder)
    (folder / ".env.staging").write_text("")
    variables = {"BACKEND_IMAGE": "none", "FRONTEND_IMAGE": "none", "RELEASE": "none"}
    variables |= {"DB_PASSWORD": PASSWORD, "REDIS_PASSWORD": PASSWORD}
    (folder / ".env").write_text(render(variables))
    stack = Stack(folder)
    try:
        stack.compose("up", "--detach", "--wait", "--wait-timeout", "60", "db", "redis")
        yield stack
    finally:
        stack.compose("down", "--volumes", "--remove-orphans", check=False)


def test_the_containers_receive_the_very_bytes(stack: Stack) -> None:
    assert stack.shell("db", 'printf %s "$POSTGRES_PASSWORD"') == PASSWORD.encode()
    assert stack.shell("redis", 'printf %s "$REDIS_PASSWORD"') == PASSWORD.encode()


def test_the_database_takes_the_password_and_no_other(stack: Stack) -> None:
    # By the network's name: on loopback PostgreSQL trusts everybody.
    query = 'psql -h db -U "$POSTGRES_USER" -d "$POSTGRES_DB" -qtAXc "SELECT 1"'
    assert stack.shell("db", f'PGPASSWORD="$POSTGRES_PASSWORD" {query}') == b"1\n"
    refused = stack.compose("exec", "-T", "db", "sh", "-c", f"PGPASSWORD=wrong {query}", check=False)
    assert refused.returncode != 0
    assert b"password authentication failed" in refused.stderr


def test_redis_takes_the_password_and_no_other(stack: Stack) -> None:
    assert stack.shell("redis", 'REDISCLI_AUTH="$REDIS_PASSWORD" redis-cli ping') == b"PONG\n"
    assert b"NOAUTH" in stack.shell("redis", "redis-cli ping 2>&1 || true")
    assert b"WRONGPASS" in stack.shell("redis", "REDISCLI_AUTH=wrong redis-cli ping 2>&1 || true")


@pytest.mark.parametrize("service", ["db", "redis"])
def test_no_process_list_shows_the_password(stack: Stack, service: str) -> None:
    shown = stack.shell(service, "cat /proc/[0-9]*/cmdline")
    assert shown
    assert PASSWORD.encode() not in shown
    host = subprocess.run(["ps", "-eo", "args"], capture_output=True, check=True).stdout
    assert PASSWORD.encode() not in host


def test_the_redis_server_forgets_the_password(stack: Stack) -> None:
    assert b"REDIS_PASSWORD" not in stack.shell("redis", "cat /proc/1/environ")


def test_data_survive_new_containers(stack: Stack) -> None:
    stack.shell("redis", 'REDISCLI_AUTH="$REDIS_PASSWORD" redis-cli set kept yes')
    stack.shell("db", 'psql -U "$POSTGRES_USER" -d "$POSTGRES_DB" -c "CREATE TABLE kept ()"')
    stack.compose("up", "--detach", "--wait", "--force-recreate", "db", "redis")
    assert stack.shell("redis", 'REDISCLI_AUTH="$REDIS_PASSWORD" redis-cli get kept') == b"yes\n"
    assert b"0" in stack.shell("db", 'psql -U "$POSTGRES_USER" -d "$POSTGRES_DB" -qtAXc "SELECT count(*) FROM kept"')
