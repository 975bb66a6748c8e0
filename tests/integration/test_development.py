"""The development stack of a clone: started twice, edited, debugged, kept, lost and brought back."""

from __future__ import annotations

import json
import re
import secrets
import urllib.request
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pytest

from helpers.clone import Clone
from helpers.engine import docker, images, traces, wait_for
from helpers.hot import Debugger, HotReload
from helpers.ports import free_ports

if TYPE_CHECKING:
    from collections.abc import Iterator

PROJECT = f"development-{secrets.token_hex(4)}"
PORTS = ("PROXY_PORT", "DEV_BACKEND_PORT", "DEV_FRONTEND_PORT", "DEV_DB_PORT", "DEV_REDIS_PORT")
SERVICES = "backend, db, frontend, proxy, redis"
EXAMPLES = 12
UPLOAD = "/srv/media/invoices/p)$'\"#\\ ü.txt"


class Stack:
    """Use the stack as its developer does."""

    def __init__(self, clone: Clone) -> None:
        self.clone = clone
        self.port = int(clone.environ["PROXY_PORT"])

    def get(self, path: str) -> Any:  # noqa: ANN401 - JSON
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=30) as answer:
            return json.load(answer)

    def text(self, path: str) -> str:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=30) as answer:
            return str(answer.read().decode())

    @property
    def version(self) -> str:
        """Give the version that serves; empty while the backend starts again."""
        with suppress(OSError):
            return str(self.get("/api/v1/status/")["version"])
        return ""

    def edit_version(self, version: str) -> None:
        """Save a file of the backend, and wait until that is what answers."""
        file = self.clone.folder / "backend/config/__init__.py"
        file.write_text(re.sub('(?<=__version__ = ").*(?=")', version, file.read_text()))
        wait_for("the reload of the backend", lambda: self.version == version)

    @property
    def rows(self) -> int:
        return int(self.get("/api/v1/runs/")["count"])

    def sql(self, text: str) -> None:
        self.clone.invoke("dev.shell", "--service", "db", "--client", "--", "-qc", text)

    def inside(self, *words: str) -> str:
        return self.clone.invoke("dev.shell", "--", *words).output

    def upload(self, text: str) -> None:
        self.inside("sh", "-c", 'mkdir -p "${1%/*}" && printf %s "$2" >"$1"', "sh", UPLOAD, text)

    @property
    def uploaded(self) -> str:
        return self.inside("cat", UPLOAD)

    def containers(self) -> dict[str, tuple[str, str]]:
        """Give id and start of each container."""
        ids = docker("ps", "-q", "--filter", f"label=com.docker.compose.project={PROJECT}").decode().split()
        found = json.loads(docker("inspect", *ids))
        return {one["Name"]: (one["Id"], one["State"]["StartedAt"]) for one in found}


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Give a stack that was started once; in the end it has to go without a trace."""
    names = {f"{kind}_DEV_IMAGE": f"{kind.lower()}-dev:{PROJECT}" for kind in ("BACKEND", "FRONTEND")}
    ports = dict(zip(PORTS, map(str, free_ports(len(PORTS))), strict=True))
    clone = Clone.make(tmp_path_factory.mktemp("development") / "shop", COMPOSE_PROJECT_NAME=PROJECT, **names, **ports)
    try:
        started = clone.invoke("dev.up").output
        assert f"started: {SERVICES}" in started
        assert f"application  http://127.0.0.1:{ports['PROXY_PORT']}\n" in started
        assert "log in: everybody may look; " in started
        yield Stack(clone)
        clone.invoke("dev.clean", "--degree", "all", "--yes")
        assert traces(PROJECT) == []
        assert [name for name in images(*names.values()) if PROJECT in name] == []
    finally:
        clone.start("invoke", "dev.clean", "--degree", "all", "--yes").finish()


def test_a_second_start_changes_nothing(stack: Stack) -> None:
    before = stack.containers()
    assert f"as they were: {SERVICES}" in stack.clone.invoke("dev.up").output
    assert stack.containers() == before
    assert stack.rows == EXAMPLES


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
    assert "just now" in stack.text(page)
    assert stack.containers() == before


def test_status_tells_what_runs_and_that_images_are_as_locked(stack: Stack) -> None:
    found = stack.clone.json("dev.status")
    assert found["drift"] == {"backend": [], "frontend": []}
    assert {name: one["health"] for name, one in found["services"].items()} == dict.fromkeys(
        SERVICES.split(", "), "healthy"
    )
    assert all(one["memory"] and one["cpu"] for one in found["services"].values())
    lock = stack.clone.folder / "backend/requirements/development.txt"
    text = lock.read_text()
    try:
        lock.write_text(text.replace("\ndjango==", "\ndjango==99."))
        (behind,) = stack.clone.json("dev.status")["drift"]["backend"]
    finally:
        lock.write_text(text)
    assert behind.startswith("django is ")


def test_words_and_input_reach_a_service_as_they_are(stack: Stack) -> None:
    words = ["a b", "$HOME", "'", '"', "*", "", "p)$'\"#\\ ü"]
    assert stack.inside("printf", "<%s>", *words) == "".join(f"<{word}>" for word in words)
    stack.clone.invoke("dev.shell", "--", "sh", "-c", "exit 42", code=42)
    asked = stack.clone.invoke("dev.shell", "--service", "redis", "--client", "--", "ping").output
    assert asked == "PONG\n"


def test_logs_of_several_services(stack: Stack) -> None:
    lines = stack.clone.invoke(
        "dev.logs", "--service", "backend", "--service", "db", "--since", "1h"
    ).output.splitlines()
    assert {line.partition(" ")[0] for line in lines} == {"backend", "db"}
    assert "\x1b" not in "".join(lines)


def test_what_was_kept_comes_back_to_an_empty_stack(stack: Stack) -> None:
    stack.upload("paid")
    made = stack.clone.invoke("dev.backup").output
    assert "database" in made.splitlines()[-1]
    stack.clone.invoke("dev.down", "--volumes", "--yes")
    assert [trace for trace in traces(PROJECT) if trace.startswith(("volume", "container"))] == []
    stack.clone.invoke("dev.restore", "last", "--yes")
    stack.clone.invoke("dev.up", "--no-seed")
    assert (stack.rows, stack.uploaded) == (EXAMPLES, "paid")


def test_parts_of_a_backup_come_back_to_a_used_stack(stack: Stack) -> None:
    stack.upload("paid")
    name = stack.clone.json("dev.backup")["name"]
    stack.sql("TRUNCATE board_run CASCADE")
    stack.upload("edited since")
    stack.clone.invoke("dev.restore", name, "--part", "database", "--yes")
    assert (stack.rows, stack.uploaded) == (EXAMPLES, "edited since")
    newest = stack.clone.json("dev.backups")[0]
    assert (newest["name"].endswith("-before-restore"), list(newest["sizes"])) == (True, ["database"])


def test_a_restore_that_fails_leaves_the_data_as_they_are(stack: Stack) -> None:
    stack.upload("mine")
    before = stack.rows
    name = stack.clone.json("dev.backup")["name"]
    stack.upload("mine since")
    archive = stack.clone.folder / f".shiplane/dev/backups/{name}.static.tar"
    archive.write_bytes(archive.read_bytes()[:-1])
    cut = stack.clone.invoke("dev.restore", name, "--no-keep", "--yes", code=3).output
    assert "loading it (static) failed; the data are what they were before" in cut
    foreign = stack.clone.folder.parent / "foreign.dump"
    foreign.write_bytes(b"PGDMP, but no more")
    stack.clone.invoke("dev.restore", str(foreign), "--no-keep", "--yes", code=3)
    assert (stack.rows, stack.uploaded) == (before, "mine since")
    assert "mine since" not in stack.inside("sh", "-c", "ls -A /srv/media /srv/static")


def test_a_debugger_attaches_to_the_backend(stack: Stack) -> None:
    (port,) = free_ports(1)
    started = stack.clone.invoke("dev.up", "--debugger", environ={"DEV_DEBUG_PORT": str(port)}).output
    assert f"debugger     127.0.0.1:{port}\n" in started
    assert "made anew: backend" in started
    with Debugger(port) as editor:
        editor.ask("initialize", adapterID="test")
        assert editor.until("response", "initialize")["success"] is True
        editor.ask("attach", subProcess=True)
        editor.until("event", "initialized")
        editor.ask("configurationDone")
        assert editor.until("response", "attach")["success"] is True
        # What serves is a child of the process that looks for edits; an editor opens a connection for it too.
        child = editor.until("event", "debugpyAttach")["body"]
        assert child["connect"] == {"host": "127.0.0.1", "port": port}
    stack.edit_version("1.2.3")
