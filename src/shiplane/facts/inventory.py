"""What each file of the checkout holds, by git's own hashes: git has them for all that was not touched."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from stat import S_ISDIR, S_ISLNK, S_IXUSR
from typing import TYPE_CHECKING

from shiplane.commands import git
from shiplane.facts.answers import told_by_git

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from pathlib import Path

    from shiplane.runners.base import Runner

UNKNOWN = "unknown"
"""Stands for content that cannot be told, such as a repository within this one: it equals nothing."""
_FILES = "which files are here"
_SHA1_LENGTH = 40
_LINK, _PROGRAM, _PLAIN = "120000", "100755", "100644"


@dataclass(frozen=True, slots=True)
class Inventory:
    """Tell mode and content hash (`100644 <hash>`) of each file by its path, as git writes them.

    An edit has the hash that it will have once it is committed, so a commit alone changes nothing here.
    """

    files: Mapping[str, str]


def survey(runner: Runner, checkout: Path, also: Iterable[str] = ()) -> Inventory:
    """Ask git, and read what was touched; `also` names files that count though git may ignore them.

    The index knows size, time and inode of each file, so only what differs is read. Raises `UsageError`.
    """
    stage = told_by_git(runner, git.index(), _FILES)
    names = [name for name in told_by_git(runner, git.touched(), _FILES).split("\0") if name]
    return parse(stage, [*names, *also], lambda name, length: _entry(checkout / name, length))


def parse(stage: str, touched: Iterable[str], entry: Callable[[str, int], str]) -> Inventory:
    """Read git's list; `entry` gives what a touched file holds now, empty where it is gone."""
    files: dict[str, str] = {}
    for line in stage.split("\0"):
        facts, _, name = line.partition("\t")
        if name:
            files[name] = facts[: facts.rindex(" ")]
    length = len(next(iter(files.values()), " " * (_SHA1_LENGTH + 7))) - 7
    for name in touched:
        now = entry(name, length)
        if now:
            files[name] = now
        else:
            files.pop(name, None)
    return Inventory(files)


def _entry(path: Path, length: int) -> str:
    """Give mode and hash of a file as git would write them; empty where there is none."""
    try:
        found = path.lstat()
        if S_ISDIR(found.st_mode):
            return UNKNOWN
        if S_ISLNK(found.st_mode):
            return f"{_LINK} {_hash(path.readlink().__fspath__().encode(), length)}"
        mode = _PROGRAM if found.st_mode & S_IXUSR else _PLAIN
        return f"{mode} {_hash(path.read_bytes(), length)}"
    except FileNotFoundError:
        return ""
    except OSError:
        return UNKNOWN


def _hash(content: bytes, length: int) -> str:
    """Hash as git does: its name for content, not a defence."""
    kind = hashlib.sha1 if length == _SHA1_LENGTH else hashlib.sha256
    return kind(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()
