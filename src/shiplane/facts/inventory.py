"""What each file of the checkout holds, by git's own hashes: git has them for all that was not touched."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from shiplane.commands import git
from shiplane.facts.answers import told_by_git
from shiplane.facts.hashes import SHA1_LENGTH

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from shiplane.facts.hashes import Hashes
    from shiplane.runners.base import Runner

_FILES = "which files are here"


@dataclass(frozen=True, slots=True)
class Inventory:
    """Tell mode and content hash (`100644 <hash>`) of each file by its path, as git writes them.

    An edit has the hash that it will have once it is committed, so a commit alone changes nothing here.
    """

    files: Mapping[str, str]


def survey(runner: Runner, hashes: Hashes, also: Iterable[str] = ()) -> Inventory:
    """Ask git, and read what was touched; `also` names files that count though git may ignore them.

    The index knows size, time and inode of each file, and `hashes` those of what differs from it, so that only what
    changed since the last time is read. Raises `UsageError`.
    """
    stage = told_by_git(runner, git.index(), _FILES)
    names = [name for name in told_by_git(runner, git.touched(), _FILES).split("\0") if name]
    return parse(stage, [*names, *also], hashes.entry)


def parse(stage: str, touched: Iterable[str], entry: Callable[[str, int], str]) -> Inventory:
    """Read git's list; `entry` gives what a touched file holds now, empty where it is gone."""
    files: dict[str, str] = {}
    for line in stage.split("\0"):
        facts, _, name = line.partition("\t")
        if name:
            files[name] = facts[: facts.rindex(" ")]
    length = len(next(iter(files.values()), " " * (SHA1_LENGTH + 7))) - 7
    for name in touched:
        now = entry(name, length)
        if now:
            files[name] = now
        else:
            files.pop(name, None)
    return Inventory(files)
