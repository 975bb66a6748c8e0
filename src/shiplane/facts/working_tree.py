"""How the tracked files lie on this disk: line ends and modes."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from shiplane.commands import git
from shiplane.facts.answers import told_by_git

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from shiplane.runners.base import Runner

_WHAT = "how the files lie here"
_NOT_TRACKED = (".env",)


@dataclass(frozen=True, slots=True)
class WorkingTree:
    """Name the files with foreign line ends, and the programs that may not be run, each with its mode."""

    foreign_ends: tuple[str, ...]
    not_programs: tuple[tuple[str, int], ...]


def survey(runner: Runner, checkout: Path) -> WorkingTree:
    """Ask git, and look at the files that it says are programs; raises `UsageError`."""
    ends = parse_line_ends(told_by_git(runner, git.line_ends(), _WHAT))
    untracked = (name for name in _NOT_TRACKED if _has_foreign_ends(checkout / name))
    programs = parse_programs(told_by_git(runner, git.index(), _WHAT))
    return WorkingTree((*ends, *untracked), tuple(_not_programs(programs, lambda name: _mode(checkout / name))))


def parse_line_ends(text: str) -> tuple[str, ...]:
    """Read `i/lf w/crlf attr/… <tab> name`; give what has CRLF on disk though nothing asks for it."""
    rows = (entry.partition("\t") for entry in text.split("\0") if entry)
    return tuple(name for facts, _, name in rows if _is_foreign(facts.split()))


def _is_foreign(words: list[str]) -> bool:
    wanted = "attr/-text" in words or any(word.endswith("eol=crlf") for word in words)
    return not wanted and ("w/crlf" in words or "w/mixed" in words)


def parse_programs(stage: str) -> tuple[str, ...]:
    """Read git's index; give the files that may be run."""
    rows = (entry.partition("\t") for entry in stage.split("\0"))
    return tuple(name for facts, _, name in rows if facts.startswith("100755 "))


def _not_programs(names: tuple[str, ...], mode: Callable[[str], int | None]) -> list[tuple[str, int]]:
    found = ((name, mode(name)) for name in names)
    return [(name, bits) for name, bits in found if bits is not None and not bits & 0o100]


def _mode(path: Path) -> int | None:
    try:
        return path.stat().st_mode & 0o7777
    except OSError:
        return None


def _has_foreign_ends(path: Path) -> bool:
    return os.access(path, os.R_OK) and path.is_file() and b"\r\n" in path.read_bytes()
