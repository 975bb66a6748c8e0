from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING, Any

import pytest

from shiplane.facts import hashes
from shiplane.facts.hashes import Hashes

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

HELLO = "100644 ce013625030ba8dba906f756967f9e9ca394464a"
LATER = 10_000_000_000


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Give the paths of the files that are read."""
    paths: list[str] = []
    real: Callable[..., str] = hashes._read  # noqa: SLF001 - seen through
    monkeypatch.setattr(hashes, "_read", lambda path, *words: paths.append(path) or real(path, *words))  # type: ignore[func-returns-value]
    return paths


def later() -> int:
    """Give a time at which what is here now is old."""
    return time.time_ns() + LATER


def again(before: Hashes, folder: Path) -> Hashes:
    """Give what the next process knows."""
    return Hashes(folder, before.kept(), later)


def test_what_stays_as_it_was_is_read_once(tmp_path: Path, read: list[str]) -> None:
    (tmp_path / "a").write_text("hello\n")
    (tmp_path / "link").symlink_to("a")
    first = Hashes(tmp_path, clock=later)
    told = [first.entry(name) for name in ("a", "link", "gone", "a")]
    assert (told[0], told[2], told[3], len(read)) == (HELLO, "", HELLO, 2)
    assert first.news
    second = again(first, tmp_path)
    assert [second.entry(name) for name in ("a", "link", "gone")] == told[:3]
    assert (len(read), second.news) == (2, False)


def changed_in_place(file: Path) -> None:
    """Change the content alone: the size stays, and a program that sets times puts the old one back."""
    times = file.stat()
    file.write_text("HELLO\n")
    os.utime(file, ns=(times.st_atime_ns, times.st_mtime_ns))


def replaced(file: Path) -> None:
    other = file.with_name("other")
    other.write_text("HELLO\n")
    other.replace(file)


def made_a_program(file: Path) -> None:
    file.chmod(0o755)


@pytest.mark.parametrize("change", [changed_in_place, replaced, made_a_program])
def test_what_changed_is_read_again(tmp_path: Path, read: list[str], change: Callable[[Path], None]) -> None:
    (tmp_path / "a").write_text("hello\n")
    first = Hashes(tmp_path, clock=later)
    first.entry("a")
    before = again(first, tmp_path)
    change(tmp_path / "a")
    for known in (first, before):
        assert known.entry("a") != HELLO
    assert len(read) == 3


def test_what_is_so_young_that_it_may_change_unseen_is_not_remembered(tmp_path: Path, read: list[str]) -> None:
    (tmp_path / "a").write_text("hello\n")
    known = Hashes(tmp_path)
    assert (known.entry("a"), known.entry("a"), len(read)) == (HELLO, HELLO, 2)
    assert (known.kept(), known.news) == ({}, False)


def test_what_was_not_asked_for_is_forgotten(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).write_text("hello\n")
    first = Hashes(tmp_path, clock=later)
    assert first.entry("a") == first.entry("b")
    second = again(first, tmp_path)
    second.entry("b")
    assert list(first.kept()) == ["a", "b"]
    assert list(second.kept()) == ["b"]


@pytest.mark.parametrize("row", [None, 7, "x", [], [1, 2, 3, 4, 5], [1, 2, 3, 4, 5, 6], [1, 2, 3, 4, 5, HELLO]])
def test_what_somebody_spoilt_counts_for_nothing(tmp_path: Path, row: Any) -> None:  # noqa: ANN401 - JSON
    (tmp_path / "a").write_text("hello\n")
    assert Hashes(tmp_path, {"a": row}).entry("a") == HELLO


def test_a_repository_of_longer_hashes_takes_no_short_one(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("hello\n")
    known = Hashes(tmp_path, clock=later)
    assert len(known.entry("a")) == 47
    assert len(known.entry("a", 64)) == 71


def test_behind_a_link_that_is_followed_is_looked(tmp_path: Path) -> None:
    (tmp_path / "shared").write_text("hello\n")
    for name in (".env", "other"):
        (tmp_path / name).symlink_to("shared")
    before = Hashes(tmp_path, clock=later, followed=(".env",))
    assert before.entry(".env") == HELLO
    assert before.entry("other").startswith("120000 ")
    (tmp_path / "shared").write_text("another\n")
    after = Hashes(tmp_path, before.kept(), later, followed=(".env",))
    assert after.entry(".env") not in (HELLO, "")
    assert after.entry("other") == before.entry("other")
    (tmp_path / "shared").unlink()
    assert after.entry(".env") == ""
