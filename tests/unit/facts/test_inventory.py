from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from shiplane.errors import UsageError
from shiplane.facts.hashes import UNKNOWN, Hashes
from shiplane.facts.inventory import Inventory, parse, survey
from shiplane.runners.recording import RecordingRunner

if TYPE_CHECKING:
    from pathlib import Path

HELLO = "ce013625030ba8dba906f756967f9e9ca394464a"
"""What `git hash-object` says of `hello` and a line's end."""


def test_git_s_own_list_is_taken_as_it_is() -> None:
    stage = f"100644 {HELLO} 0\ta b.txt\x00100755 {HELLO} 0\tbin/run\0"
    assert parse(stage, [], lambda *_: "") == Inventory({"a b.txt": f"100644 {HELLO}", "bin/run": f"100755 {HELLO}"})


def test_what_was_touched_is_read_and_what_is_gone_is_left_out() -> None:
    stage = f"100644 {HELLO} 0\tkept\x00100644 {HELLO} 0\tedited\x00100644 {HELLO} 0\tgone\0"
    now = {"edited": "100644 e", "new": "100644 n"}
    found = parse(stage, ["edited", "gone", "new"], lambda name, _: now.get(name, ""))
    assert found.files == {"kept": f"100644 {HELLO}", "edited": "100644 e", "new": "100644 n"}


@pytest.mark.parametrize("length", [40, 64])
def test_a_hash_is_as_long_as_the_repository_s(length: int) -> None:
    asked: list[int] = []
    parse(f"100644 {'a' * length} 0\tx\0", ["y"], lambda _, given: asked.append(given) or "")  # type: ignore[func-returns-value]
    assert asked == [length]


def test_files_are_hashed_as_git_will(tmp_path: Path) -> None:
    (tmp_path / "plain").write_text("hello\n")
    (tmp_path / "program").write_text("hello\n")
    (tmp_path / "program").chmod(0o755)
    (tmp_path / "link").symlink_to("hello\n")
    (tmp_path / "folder").mkdir()
    names = "plain\0program\0link\0folder/\0gone\0"
    runner = RecordingRunner([("git ls-files --stage", "", 0), ("git ls-files --modified", names, 0)])
    assert survey(runner, Hashes(tmp_path), ("plain", "never-there")).files == {
        "plain": f"100644 {HELLO}",
        "program": f"100755 {HELLO}",
        "link": f"120000 {HELLO}",
        "folder/": UNKNOWN,
    }


def test_a_git_that_fails_is_told(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="git cannot tell which files are here"):
        survey(RecordingRunner([("git ls-files --stage", "fatal: index corrupt", 128)]), Hashes(tmp_path))
