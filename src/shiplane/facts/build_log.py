"""What a build took from caches, read from the builder's plain progress."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_STEP = re.compile(r"^#(\d+) \[((?:\S+ )*)\d+/\d+\] (\w+)")
_CACHED = re.compile(r"^#(\d+) CACHED$")
_WRITING = re.compile(r"^#(\d+) (?:\[\S+\] )?exporting cache to ")
_FAILED = re.compile(r"^#(\d+) ERROR: (.+)$")
_FETCHED = re.compile(r"^#(\d+) sha256:[0-9a-f]{64} ")


@dataclass(frozen=True, slots=True)
class Taken:
    """Count the steps of one image, those that were not carried out, and those of which a layer was fetched."""

    steps: int
    cached: int
    fetched: int


def parse(lines: Iterable[str], names: Sequence[str]) -> dict[str, Taken]:
    """Read the lines of a build of the images `names`; a step that several share counts for the first of them.

    An image all of whose steps are others' too is left out. `FROM` is no step.
    """
    owner: dict[str, str] = {}
    cached: set[str] = set()
    fetched: set[str] = set()
    for line in lines:
        if step := _STEP.match(line):
            first = step[2].partition(" ")[0]
            if step[3] != "FROM":
                owner[step[1]] = first if first in names else names[0]
        elif found := _CACHED.match(line):
            cached.add(found[1])
        elif found := _FETCHED.match(line):
            fetched.add(found[1])
    return {
        name: Taken(len(steps), len(steps & (cached | fetched)), len(steps & fetched))
        for name in names
        if (steps := {number for number, one in owner.items() if one == name})
    }


def unwritten(lines: Iterable[str]) -> tuple[str, ...]:
    """Give why caches were not written, where the builder went on without, each reason once."""
    writing: set[str] = set()
    found: dict[str, None] = {}
    for line in lines:
        if step := _WRITING.match(line):
            writing.add(step[1])
        elif (failed := _FAILED.match(line)) and failed[1] in writing:
            found[failed[2]] = None
    return tuple(found)
