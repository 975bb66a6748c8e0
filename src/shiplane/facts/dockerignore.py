"""What a `.dockerignore` keeps out of a build's context, as Docker's builder reads it.

The Docker client for Python has a reading of its own, but importing it costs as much as a whole plan may.
"""

from __future__ import annotations

import posixpath
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_PARTS = re.compile(r"\*\*/?|\*|\?|\[[^]]+\]|\\.|[^*?\[\\]+|.", re.DOTALL)
_NOTHING = "(?!)"
_BELOW = "(?:/.*)?"


@dataclass(frozen=True, slots=True)
class _Line:
    """Hold one pattern: what it matches with all that is below, its folders one by one, and whether it lets through."""

    matching: re.Pattern[str]
    folders: tuple[str, ...]
    lets_through: bool


class Dockerignore:
    """Tell what is excluded; names are relative to the context, without a slash at the end."""

    def __init__(self, text: str) -> None:
        self._lines = tuple(_lines(text))

    def excludes(self, name: str) -> bool:
        """Tell whether a file or folder is left out: the last line says it that matches it, or a folder above it."""
        for line in reversed(self._lines):
            if line.matching.fullmatch(name):
                return not line.lets_through
        return False

    def excludes_whole(self, folder: str) -> bool:
        """Tell whether a folder is left out with all below it; False also where a later line might let some through."""
        words = folder.split("/")
        return self.excludes(folder) and not any(_reaches(line, words) for line in self._lines if line.lets_through)


def _reaches(line: _Line, words: list[str]) -> bool:
    """Tell whether a pattern may match something in a folder."""
    for pattern, word in zip(line.folders, words, strict=False):
        if "**" in pattern:
            return True
        if not _compiled(_expression(pattern)).fullmatch(word):
            return False
    return True


def _lines(text: str) -> Iterator[_Line]:
    for raw in text.removeprefix("\ufeff").splitlines():
        written = raw.strip()
        lets_through = written.startswith("!")
        if raw.startswith("#") or not written.removeprefix("!"):
            continue
        pattern = posixpath.normpath(written.removeprefix("!").strip()).lstrip("/")
        if pattern not in ("", "."):
            matching = _compiled(_expression(pattern) + _BELOW)
            yield _Line(matching, tuple(pattern.split("/")), lets_through)


def _compiled(expression: str) -> re.Pattern[str]:
    try:
        return re.compile(expression, re.DOTALL)
    except re.error:
        return re.compile(_NOTHING)  # the builder refuses such a file: nothing is built by it


def _expression(pattern: str) -> str:
    return "".join(_word(part[0], at_end=part.end() == len(pattern)) for part in _PARTS.finditer(pattern))


def _word(part: str, *, at_end: bool) -> str:
    if part.startswith("**"):
        return ".*" if at_end else "(?:.*/)?"
    if part.startswith("[") and part != "[":
        return part
    if part.startswith("\\") and part != "\\":
        return re.escape(part[1:])
    return {"*": "[^/]*", "?": "[^/]"}.get(part) or re.escape(part)
