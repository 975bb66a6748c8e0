"""The development stack of a clone: started twice, edited, debugged, kept, lost and brought back."""

from __future__ import annotations

import json
import re
import secrets
import shutil
import signal
import subprocess
import time
import urllib.request
import zipfile
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from http.client import HTTPException
from typing import TYPE_CHECKING, Any

import pytest

from helpers.clone import Clone
from helpers.engine import docker, images, traces, wait_for
from helpers.hot import Debugger, HotReload
from helpers.ports import free_ports, held_port
from helpers.story import shorten_suites
from shiplane.commands import dotenv
from shiplane.development import cut_off

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PROJECT = f"development-{secrets.token_hex(4)}"
PORTS = ("PROXY_PORT", "DEV_BACKEND_PORT", "DEV_FRONTEND_PORT", "DEV_DB_PORT", "DEV_REDIS_PORT")
SERVICES = "backend, db, frontend, proxy, redis"
EXAMPLES = 12
TOKEN = "p)$'\"#\\ ü of this checkout"
UPLOAD = "/srv/media/invoices/p)$'\"#\\ ü.txt"
OTHER = "/srv/static/mine"
VIEW = "health/views.py"
SAVE_AGAIN_SECONDS = 5
TAKEN = (8081, 5433)
SUITES = ("unit (backend)", "unit (frontend)", "integration", "e2e", "visual", "performance")
WRONG = """
test("the board is called what it is not", async ({ page }) => {
  await page.goto("/");
  expect(await page.title()).toBe("");
});
"""
# Ends the command that calls it at once where it would put the files in place, after the database.
KILLING = """#!/bin/sh
case "$*" in *"files swap"*) kill -9 "$PPID"; exit 1 ;; esac
exec {bash} "$@"
"""


class Stack:
    """Use the stack as its developer does."""

    def __init__(self, clone: Clone) -> None:
        self.clone = clone
        self.port = int(clone.environ["PROXY_PORT"])

    def get(self, path: str) -> Any:  # noqa: ANN401 - JSON
        return json.loads(self.text(path))

    def text(self, path: str) -> str:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=30) as answer:
            return str(answer.read().decode())

    @property
    def version(self) -> str:
        """Give the version that serves; empty while the backend starts again."""
        with suppress(OSError, HTTPException, ValueError):
            return str(self.get("/api/v1/status/")["version"])
        return ""

    def edit_version(self, version: str) -> None:
        """Save a file of the backend, and wait until that is what answers."""
        file = self.clone.folder / "backend/config/__init__.py"
        text = re.sub('(?<=__version__ = ").*(?=")', version, file.read_text())
        saved = float("-inf")

        def served() -> bool:
            # Once more, for what is saved while the development server starts has not changed since it looked first.
            nonlocal saved
            if time.monotonic() - saved > SAVE_AGAIN_SECONDS:
                file.write_text(text)
                saved = time.monotonic()
            return self.version == version

        wait_for("the reload of the backend", served)

    @property
    def rows(self) -> int:
        return int(self.get("/api/v1/runs/")["count"])

    def inside(self, service: str, *words: str) -> str:
        return docker("exec", f"{PROJECT}-{service}-1", *words).decode()

    @property
    def stored(self) -> int:
        """Count the rows without the backend."""
        return int(self.sql("SELECT count(*) FROM board_run"))

    def sql(self, text: str) -> str:
        line = 'exec psql -U "$POSTGRES_USER" -d "$POSTGRES_DB" -v ON_ERROR_STOP=1 -qtAc "$1"'
        return self.inside("db", "sh", "-c", line, "sh", text)

    def upload(self, text: str) -> None:
        self.inside("backend", "sh", "-c", 'mkdir -p "${1%/*}" && printf %s "$2" >"$1"', "sh", UPLOAD, text)

    @property
    def uploaded(self) -> str:
        return self.inside("backend", "cat", UPLOAD)

    def containers(self) -> dict[str, tuple[object, ...]]:
        """Give id, start and ports of each container."""
        ids = docker("ps", "-q", "--filter", f"label=com.docker.compose.project={PROJECT}").decode().split()
        found = json.loads(docker("inspect", *ids))
        return {one["Name"]: (one["Id"], one["State"]["StartedAt"], one["NetworkSettings"]["Ports"]) for one in found}

    def volumes(self) -> dict[str, str]:
        """Give the moment at which each volume was made."""
        names = [trace.removeprefix("volume ") for trace in traces(PROJECT) if trace.startswith("volume ")]
        return {one["Name"]: one["CreatedAt"] for one in json.loads(docker("volume", "inspect", *names))}


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Give a stack that was started once; in the end it has to go without a trace."""
    names = {f"{kind}_DEV_IMAGE": f"{kind.lower()}-dev:{PROJECT}" for kind in ("BACKEND", "FRONTEND")}
    ports = dict(zip(PORTS, map(str, free_ports(len(PORTS))), strict=True))
    clone = Clone.make(tmp_path_factory.mktemp("development") / "shop", COMPOSE_PROJECT_NAME=PROJECT, **names, **ports)
    shorten_suites(clone.folder)
    (clone.folder / ".env").write_text(dotenv.render({"BOARD_TOKEN": TOKEN}))
    try:
        started = clone.invoke("dev.up").output
        assert f"started: {SERVICES}" in started
        assert f"application  http://127.0.0.1:{ports['PROXY_PORT']}\n" in started
        assert "log in: everybody may look; " in started
        assert "the token BOARD_TOKEN, as .env sets it\n" in started
        yield Stack(clone)
    finally:
        cleaned = clone.start("invoke", "dev.clean", "--degree", "all", "--yes").finish()
    assert cleaned.code == 0, cleaned.output
    assert traces(PROJECT) == []
    assert [name for name in images(*names.values()) if PROJECT in name] == []
    assert TOKEN not in "".join(clone.told)


def test_a_second_start_changes_nothing(stack: Stack) -> None:
    before = stack.containers()
    assert f"as they were: {SERVICES}" in stack.clone.invoke("dev.up").output
    assert stack.containers() == before
    assert stack.rows == EXAMPLES


@pytest.fixture
def suites(stack: Stack) -> Iterator[str]:
    """Give the project of the environment of `invoke test`; the line that removes it is given to people, too."""
    project = f"app-test-{stack.clone.id}-suites"
    holders = [held_port(port) for port in TAKEN]
    try:
        yield project
    finally:
        for holder in holders:
            holder.close()
        removal = ["docker", "compose", "--project-name", project, "down", "--volumes"]
        subprocess.run(removal, cwd=stack.clone.folder, env=stack.clone.environ, check=True, capture_output=True)
    assert traces(project) == []


def test_every_suite_runs_beside_it_and_says_what_opens_a_failure(stack: Stack, suites: str) -> None:
    before = (stack.containers(), stack.volumes())
    script = "testing/run-tests.sh"
    passed = stack.clone.run(script, "--suite", "all", "--clean", "--keep").output.splitlines()
    ended = [line.partition(":")[0] for line in passed if line.startswith(("✓ ", "✗ "))]
    assert ended == [f"✓ {name}" for name in SUITES]
    (left,) = (line for line in passed if line.startswith("left running: "))
    url, _, removal = left.removeprefix("left running: ").partition("; ")
    port = int(url.rpartition(":")[2])
    assert removal == f"remove it: docker compose --project-name {suites} down --volumes"
    assert port != TAKEN[0]
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/api/v1/status/", timeout=30) as answer:
        assert json.load(answer)["environment"] == "test"
    with (stack.clone.folder / "testing/tests/e2e/smoke.spec.ts").open("a") as tests:
        tests.write(WRONG)
    failed = stack.clone.run(script, "--suite", "e2e", code=3).output.splitlines()
    opens = "see: testing/node_modules/.bin/playwright show-trace "
    (shown,) = (line.split() for line in failed if line.strip().startswith(opens))
    with zipfile.ZipFile(stack.clone.folder / shown[-1]) as trace:
        assert any(name.endswith(".trace") for name in trace.namelist())
    assert (stack.containers(), stack.volumes()) == before


def test_another_clone_leaves_the_stack_alone(stack: Stack) -> None:
    before = stack.containers()
    second = Clone.make(stack.clone.folder.with_name("second"), **stack.clone.environ | {"PYTHONPATH": ""})
    for words in (("dev.up",), ("dev.down", "--volumes", "--yes"), ("dev.clean", "--degree", "all", "--yes")):
        refused = second.invoke(*words, code=2, environ={"PYTHONPATH": str(second.folder / "src")}).output
        assert f"the development stack {PROJECT} is that of {stack.clone.folder}\n" in refused
    assert stack.containers() == before


def test_edits_are_served_by_the_proxy_at_once(stack: Stack) -> None:
    before = stack.containers()
    stack.edit_version("9.8.7")
    page = "/src/components/Footer.tsx"
    stack.text(page)
    with HotReload(stack.port) as browser:
        source = stack.clone.folder / f"frontend{page}"
        source.write_text(f'{source.read_text()}\nexport const edited = "just now";\n')
        told = browser.update_of(page)
    assert told["type"] in ("update", "full-reload")
    wait_for("the edit of the frontend", lambda: "just now" in stack.text(page))
    assert stack.containers() == before


def test_status_tells_what_runs_and_which_images_are_behind_their_lock(stack: Stack) -> None:
    lock = stack.clone.folder / "backend/requirements/development.txt"
    text = lock.read_text()
    try:
        lock.write_text(text.replace("\ndjango==", "\ndjango==99."))
        found = stack.clone.json("dev.status")
    finally:
        lock.write_text(text)
    # All else is as it is locked, in both.
    (behind,) = found["drift"].pop("backend")
    assert behind.startswith("django is ")
    assert (found["drift"], found["cut_off"]) == ({"frontend": []}, {})
    assert {name: one["health"] for name, one in found["services"].items()} == dict.fromkeys(
        SERVICES.split(", "), "healthy"
    )
    assert all(one["memory"] and one["cpu"] for one in found["services"].values())


def test_words_and_exit_codes_pass_through_the_shell_as_they_are(stack: Stack) -> None:
    words = ["a b", "$HOME", "'", '"', "*", "", "p)$'\"#\\ ü"]
    line = 'printf "<%s>" "$@"; exit 42'
    said = stack.clone.invoke("dev.shell", "--", "sh", "-c", line, "sh", *words, code=42).output
    assert said == "".join(f"<{word}>" for word in words)
    asked = stack.clone.invoke("dev.shell", "--service", "redis", "--client", "--", "ping").output
    assert asked == "PONG\n"


def test_logs_of_several_services(stack: Stack) -> None:
    lines = stack.clone.invoke(
        "dev.logs", "--service", "backend", "--service", "db", "--since", "1h"
    ).output.splitlines()
    assert {line.partition(" ")[0] for line in lines} == {"backend", "db"}
    assert "\x1b" not in "".join(lines)


@pytest.fixture(scope="module")
def backup(stack: Stack) -> str:
    """Give the name of a backup of all parts."""
    stack.upload("paid")
    return str(stack.clone.json("dev.backup")["name"])


def test_what_was_kept_comes_back_to_an_empty_stack(stack: Stack, backup: str) -> None:
    there = stack.clone.json("dev.backups")
    assert backup in [one["name"] for one in there]
    stack.clone.invoke("dev.down", "--volumes", "--yes")
    assert [trace for trace in traces(PROJECT) if trace.startswith(("volume", "container"))] == []
    stack.clone.invoke("dev.restore", backup, "--yes")
    assert stack.clone.json("dev.backups") == there
    stack.clone.invoke("dev.up", "--no-seed")
    assert (stack.rows, stack.uploaded) == (EXAMPLES, "paid")


def test_a_restore_that_was_killed_half_way_is_told_until_it_is_done_again(
    stack: Stack, backup: str, tmp_path: Path
) -> None:
    stack.sql("TRUNCATE board_run CASCADE")
    stack.upload("edited since")
    stack.inside("backend", "touch", OTHER)
    killing = tmp_path / "bash"
    killing.write_text(KILLING.format(bash=shutil.which("bash")))
    killing.chmod(0o755)
    words = ("dev.restore", backup, "--part", "database", "--part", "media")
    path = f"{tmp_path}:{stack.clone.environ['PATH']}"
    stack.clone.invoke(*words, "--no-keep", "--yes", code=-signal.SIGKILL, environ={"PATH": path})
    told = stack.clone.invoke("dev.status").output.splitlines()[-2:]
    assert told == [
        f"the restore of {backup} was cut off: database, media may be partly what was there before",
        f"do it again: invoke {' '.join(words)}",
    ]
    again = told[1].removeprefix("do it again: ").split()
    assert stack.clone.run(*again, "--yes").output.splitlines()[:2] == told
    assert (stack.rows, stack.uploaded) == (EXAMPLES, "paid")
    stack.inside("backend", "test", "-f", OTHER)  # of the part that was not asked for
    assert cut_off.read(stack.clone.folder) == cut_off.Note()
    newest = stack.clone.json("dev.backups")[0]
    assert (newest["name"].endswith("-before-restore"), list(newest["sizes"])) == (True, ["database", "media"])


def test_a_reset_that_could_not_start_again_removes_nothing(stack: Stack) -> None:
    before, (port,) = stack.volumes(), free_ports(1)
    with held_port(port):
        refused = stack.clone.invoke("dev.reset", "--yes", code=2, environ={"DEV_DB_PORT": str(port)}).output
    assert f"port {port} is held by " in refused
    assert (stack.volumes(), stack.rows) == (before, EXAMPLES)


def test_a_restore_that_fails_leaves_the_data_as_they_are(stack: Stack, backup: str) -> None:
    stack.upload("mine since")
    before = stack.rows
    archive = stack.clone.folder / f".shiplane/dev/backups/{backup}.static.tar"
    whole = archive.read_bytes()
    archive.write_bytes(whole[:-1])
    parts = ("--part", "media", "--part", "static")
    cut = stack.clone.invoke("dev.restore", backup, *parts, "--no-keep", "--yes", code=3).output
    archive.write_bytes(whole)
    assert "loading it (static) failed; the data are what they were before" in cut
    foreign = stack.clone.folder.parent / "foreign.dump"
    foreign.write_bytes(b"PGDMP, but no more")
    stack.clone.invoke("dev.restore", str(foreign), "--no-keep", "--yes", code=3)
    assert (stack.rows, stack.uploaded) == (before, "mine since")
    assert ".restore" not in stack.inside("backend", "ls", "-A", "/srv/media", "/srv/static")


@pytest.fixture
def at_rest(stack: Stack) -> None:
    """Let the backend be stopped: a restore need not wait for it then."""
    stack.clone.invoke("dev.stop", "--service", "backend")


@pytest.mark.usefixtures("at_rest")
def test_a_dump_of_another_user_s_database_becomes_ours(stack: Stack) -> None:
    stack.sql('CREATE ROLE "an old app"; CREATE TABLE theirs (id int); ALTER TABLE theirs OWNER TO "an old app"')
    stack.sql("CREATE ROLE grafana; GRANT CONNECT ON DATABASE app TO grafana; GRANT SELECT ON board_run TO grafana")
    name = str(stack.clone.json("dev.backup", "--part", "database")["name"])
    stack.sql('DROP OWNED BY "an old app"; DROP ROLE "an old app"; TRUNCATE board_run CASCADE')
    stack.sql("DROP OWNED BY grafana; DROP ROLE grafana")
    restored = stack.clone.invoke("dev.restore", name, "--part", "database", "--no-keep", "--yes").output
    assert f"not known here: an old app, to whom parts of backup {name} belong" in restored
    assert f"not known here: grafana, named by rights in backup {name}" in restored
    assert stack.stored == EXAMPLES
    stack.sql("INSERT INTO theirs VALUES (1); DROP TABLE theirs")


@pytest.mark.usefixtures("at_rest")
def test_a_dump_with_rights_of_a_stranger_alone_keeps_its_owners(stack: Stack) -> None:
    stack.sql("CREATE ROLE grafana; GRANT SELECT ON board_run TO grafana; CREATE ROLE worker")
    stack.sql("CREATE TABLE work (id int); ALTER TABLE work OWNER TO worker")
    name = str(stack.clone.json("dev.backup", "--part", "database")["name"])
    stack.sql("DROP OWNED BY grafana; DROP ROLE grafana; TRUNCATE board_run CASCADE")
    restored = stack.clone.invoke("dev.restore", name, "--part", "database", "--no-keep", "--yes").output
    assert f"not known here: grafana, named by rights in backup {name}" in restored
    assert "belong" not in restored
    assert stack.stored == EXAMPLES
    stack.sql("SET ROLE worker; INSERT INTO work VALUES (1); DROP TABLE work")
    stack.sql("DROP ROLE worker")


def test_a_debugger_stops_the_backend_where_it_is_asked_to(stack: Stack) -> None:
    (port,) = free_ports(1)
    started = stack.clone.invoke("dev.up", "--debugger", environ={"DEV_DEBUG_PORT": str(port)}).output
    assert f"debugger     127.0.0.1:{port}\n" in started
    assert "made anew: backend" in started
    lines = (stack.clone.folder / f"backend/{VIEW}").read_text().splitlines()
    (line,) = (number for number, text in enumerate(lines, start=1) if "health() | running" in text)
    with Debugger(port) as editor, ThreadPoolExecutor() as pool:
        editor.attach()
        # What serves is a child of the process that looks for edits; an editor opens a connection for it too.
        child = editor.until("event", "debugpyAttach")["body"]
        assert child["connect"] == {"host": "127.0.0.1", "port": port}
        with Debugger(port) as follower:
            follower.attach({f"/app/{VIEW}": line}, **child)
            asked = pool.submit(stack.get, "/api/v1/status/")
            stopped = follower.until("event", "stopped")["body"]
            assert (stopped["reason"], asked.done()) == ("breakpoint", False)
            follower.ask("continue", threadId=stopped["threadId"])
            assert asked.result()["status"] == "ok"
    stack.edit_version("1.2.3")
