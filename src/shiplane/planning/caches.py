"""The five levels of build caches: how they are called, which may be read and which written."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from shiplane.planning.naming import branch_tag

if TYPE_CHECKING:
    from shiplane.model import Event

_LONGEST_TAG = 128


@dataclass(frozen=True, slots=True)
class Level:
    """Name one level and the tag of its cache; no image has such a tag, for a branch's holds no dot."""

    name: str
    tag: str


def readable(kind: str, version: str, branch: str, main: str) -> tuple[Level, ...]:
    """List the levels of an image (`kind` is its target), the nearest first; what is the same cache stands once."""
    own, mains = branch_tag(branch), branch_tag(main)
    named = (
        ("version+branch", f"{version}_{own}"),
        ("version+main", f"{version}_{mains}"),
        ("branch", f"_{own}"),
        ("main", f"_{mains}"),
        ("general", "_"),
    )
    found: dict[str, str] = {}
    for name, text in named:
        found.setdefault(_tag(kind, text), name)
    return tuple(Level(name, tag) for tag, name in found.items())


def writable(kind: str, version: str, event: Event, main: str) -> tuple[Level, ...]:
    """List the levels that an event may write: a pull request its own branch's alone, and never main's.

    One that comes from a fork may call its branch like main: it writes nothing.
    """
    names = {"version+branch", "branch"} | ({"general"} if event.name != "pull_request" else set())
    if event.name == "pull_request" and branch_tag(event.branch) == branch_tag(main):
        return ()
    return tuple(level for level in readable(kind, version, event.branch, main) if level.name in names)


def _tag(kind: str, text: str) -> str:
    """Make a tag; versions and branches that are too long for one together are told by a hash."""
    tag = f"cache.{kind}.{text}"
    return tag if len(tag) <= _LONGEST_TAG else f"cache.{kind}.{hashlib.sha256(text.encode()).hexdigest()}"
