"""Raising a version: which comes next, and what the changelog says of it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from shiplane.errors import UsageError
from shiplane.facts import versions

if TYPE_CHECKING:
    from collections.abc import Sequence

PARTS = ("major", "minor", "patch")
ALL = "all"
_NUMBERS = re.compile(r"(\d+)\.(\d+)\.(\d+)")
_HEADING = re.compile(r"^## (?!\[?unreleased\b)", re.MULTILINE | re.IGNORECASE)
_NEW_CHANGELOG = "# Changelog\n\n## Unreleased\n"


@dataclass(frozen=True, slots=True)
class Bump:
    """Describe what becomes of one component: versions, commits (hash and subject) since the tag `since`."""

    component: str
    file: str
    before: str
    after: str
    since: str
    commits: tuple[tuple[str, str], ...]

    @property
    def tag(self) -> str:
        """Name the tag of the new version."""
        return tag(self.component, self.after)

    @property
    def title(self) -> str:
        """Name component and version."""
        return f"{self.component} {self.after}"


def tag(component: str, version: str) -> str:
    """Name the tag of a component's version."""
    return f"{component}-{version}"


def title(bumps: Sequence[Bump]) -> str:
    """Name all that is raised together, as the commit and the changelog do."""
    return ", ".join(bump.title for bump in bumps)


def next_version(file: str, current: str, part: str) -> str:
    """Give the version that follows by one of its parts, or the one that is named itself; raises `UsageError`."""
    found = _NUMBERS.fullmatch(current)
    if part not in PARTS:
        return _named(file, current, part)
    if not found:
        raise UsageError(f"{file}: {current!r} is not of the form 1.2.3", "name the new version itself")
    numbers = [int(number) for number in found.groups()]
    place = PARTS.index(part)
    return ".".join(str(n) for n in [*numbers[:place], numbers[place] + 1, *[0] * (len(PARTS) - place - 1)])


def _named(file: str, current: str, wanted: str) -> str:
    if not wanted[:1].isdigit():
        raise UsageError(
            f"{wanted!r} is neither a part of a version nor a version", "use major, minor, patch, or 1.2.3"
        )
    old, new = (_NUMBERS.fullmatch(version) for version in (current, wanted))
    if wanted == current or (old and new and [*map(int, new.groups())] < [*map(int, old.groups())]):
        raise UsageError(f"{wanted} does not come after {current} in {file}", "versions only rise: name a later one")
    return versions.check(file, wanted)


def changelog(text: str, bumps: Sequence[Bump], day: str) -> str:
    """Write the section of new versions above those before it, below what is not released yet; `day` is ISO 8601."""
    lines = [f"## {title(bumps)} ({day})", ""]
    told = dict.fromkeys((short, subject) for bump in bumps for short, subject in bump.commits)
    lines += [f"- {subject} ({short})" for short, subject in told] or ["- No change but the version."]
    section = "\n".join([*lines, ""])
    base = text or _NEW_CHANGELOG
    before = _HEADING.search(base)
    if before is None:
        return f"{base.rstrip()}\n\n{section}"
    return f"{base[: before.start()]}{section}\n{base[before.start() :]}"
