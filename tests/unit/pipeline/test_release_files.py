from __future__ import annotations

import io
import tarfile
from typing import TYPE_CHECKING

import pytest

from checkouts import FILES, make_checkout
from samples import COMMIT, make_release
from shiplane.errors import UsageError
from shiplane.pipeline.release_files import collect, in_checkout, schema_of, survey
from shiplane.runners.recording import RecordingRunner

if TYPE_CHECKING:
    from pathlib import Path

    from shiplane.model import Command
    from shiplane.runners.base import Completed

RELEASED = ("docker-compose.yml", "compose.staging.yml", "compose.production.yml", ".env.docker", "proxy/nginx.conf")
BINARY = b"\xff\x00 p)$'\r\n\r\n"


class Git(RecordingRunner):
    """Answer `git archive` by a file of the checkout's files."""

    def run(self, command: Command, **words: object) -> Completed:
        done = super().run(command, **words)  # type: ignore[arg-type]
        [output] = [word.partition("=")[2] for word in command.argv if word.startswith("--output=")]
        with tarfile.open(output, "w") as archive:
            for name, text in (FILES | {"proxy/deep/er.conf": "", "proxy.txt": "", "a/compose.x.yml": ""}).items():
                data = BINARY if name.startswith("proxy/") else text.encode()
                member = tarfile.TarInfo(name)
                member.size = len(data)
                archive.addfile(member, io.BytesIO(data))
        return done


def test_what_was_put_aside_is_taken(tmp_path: Path) -> None:
    runner = RecordingRunner()
    make_checkout(tmp_path)
    assert collect(runner, make_release(dirty=True), {"docker-compose.yml": b"kept"}) == {"docker-compose.yml": b"kept"}
    assert runner.commands == []


def test_else_the_commit_has_them_byte_for_byte() -> None:
    runner = Git()
    found = collect(runner, make_release(), {})
    assert set(found) == {*RELEASED, "proxy/deep/er.conf"}
    assert found["proxy/nginx.conf"] == BINARY
    assert found[".env.docker"] == b"DB_NAME=app\n"
    [command] = runner.commands
    assert command.argv[:3] == ("git", "archive", "--format=tar")
    assert COMMIT in command.argv


def test_edits_that_are_gone_cannot_be_deployed() -> None:
    runner = RecordingRunner()
    with pytest.raises(UsageError, match="was made from uncommitted edits that are not in the checkout now"):
        collect(runner, make_release("abc-dirty-1", dirty=True), {})
    assert runner.commands == []


def test_a_commit_that_is_not_here() -> None:
    with pytest.raises(UsageError, match=f"commit {COMMIT} of r1 is not in this checkout") as caught:
        collect(RecordingRunner([("git archive", "fatal: not a valid object name", 128)]), make_release("r1"), {})
    assert caught.value.fix == "fetch it: git fetch --all"


def test_the_files_of_the_checkout(tmp_path: Path) -> None:
    make_checkout(tmp_path)
    (tmp_path / "proxy" / "more").mkdir()
    (tmp_path / "proxy" / "more" / "x").write_bytes(BINARY)
    found = in_checkout(tmp_path)
    assert set(found) == {*RELEASED, "proxy/more/x"}
    assert found["proxy/more/x"] == BINARY


def test_what_git_ignores_is_no_file_of_a_release(tmp_path: Path) -> None:
    make_checkout(tmp_path)
    for name in ("proxy/.env.local", "proxy/.idea/x/y", "proxy/.ideas", "compose.mine.yml"):
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("mine")
    runner = RecordingRunner([("git ls-files", "compose.mine.yml\0proxy/.env.local\0proxy/.idea/\0", 0)])
    assert set(survey(runner, tmp_path)) == {*RELEASED, "proxy/.ideas"}
    asked = runner.commands[0].argv
    assert asked[asked.index("--") + 1 :] == ("docker-compose.yml", "compose.*.yml", "proxy")
    with pytest.raises(UsageError, match="git cannot tell what it ignores"):
        survey(RecordingRunner([("git ls-files", "fatal", 128)]), tmp_path)


def test_the_schema_is_that_of_the_files_that_decide_the_migrations(tmp_path: Path) -> None:
    folder = tmp_path / "backend" / "board" / "migrations"
    folder.mkdir(parents=True)
    (folder / "0001.py").write_bytes(b"one")
    patterns = ("backend/*/migrations/*.py", "lock.txt")
    first = schema_of(tmp_path, patterns)
    (tmp_path / "README").write_bytes(b"x")
    assert schema_of(tmp_path, patterns) == first
    (folder / "0002.py").write_bytes(b"two")
    second = schema_of(tmp_path, patterns)
    (tmp_path / "lock.txt").write_bytes(b"django==6")
    assert len({first, second, schema_of(tmp_path, patterns)}) == 3
    assert schema_of(tmp_path, ()) == ""
    # A pattern with a mistake must not say of each release that it has the migrations of the one before.
    assert schema_of(tmp_path, ("*/migration/*.py",)) == ""
