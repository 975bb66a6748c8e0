"""What linters found, read from the log of the step that runs them: a file, a line and what is wrong there."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from shiplane.report.text import clean

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

# Some run in the image of a component, in whose folder `/app` is the component's own.
_FOLDERS: Mapping[str, str] = {"eslint": "frontend/", "black": "backend/", "isort": "backend/", "flake8": "backend/"}
_TOOL = re.compile(r"(?:nox > |\s)*([a-z][\w ]*) failed: ")
_PATH = r"(?P<file>[\w./@+-]*(?:\.\w+|Dockerfile))"
_LEVEL = r"(?:error|warning|\[error\]|\[warning\])"
# mypy, flake8, actionlint, hadolint and yamllint.
_PLAIN = re.compile(rf"{_PATH}:(?P<line>\d+)(?::\d+)?:? (?P<text>\S.*)")
# ruff and zizmor, below a line that says what it is.
_ARROW = re.compile(rf"\s*--> {_PATH}:(?P<line>\d+):\d+")
# eslint, below a line with the file.
_HEAD = re.compile(rf"{_PATH}")
_BELOW = re.compile(rf"\s+(?P<line>\d+):\d+\s+{_LEVEL}\s+(?P<text>\S.*)")
# shellcheck, whose text is two lines further.
_SHELL = re.compile(rf"In {_PATH} line (?P<line>\d+):")
_SHELL_TEXT = re.compile(r".*\^-*\^? (?P<text>SC\d+ .*)")
_ISORT = re.compile(rf"ERROR: {_PATH} (?P<text>\S.*)")


@dataclass(frozen=True, slots=True)
class Found:
    """Name one finding and its place in the checkout."""

    file: str
    line: int
    text: str


def findings(lines: Iterable[str]) -> Iterator[Found]:
    """Read a log of `nox -s lint`; lines that are no finding are passed over."""
    reader = _Reader()
    for line in lines:
        found = reader.read(clean(line))
        if found is not None:
            yield found


class _Reader:
    """Remember what a line below may belong to."""

    def __init__(self) -> None:
        self.tool = ""
        self.file = ""
        self.line = 0
        self.before = ""

    def read(self, line: str) -> Found | None:
        tool = _TOOL.match(line)
        if tool:
            self.tool, self.file, self.before = tool[1], "", ""
            return None
        text = line.removeprefix("  ")
        before, self.before = self.before, text.strip() or self.before
        return self._whole(text) or self._below(text, before) if self.tool else None

    def _whole(self, text: str) -> Found | None:
        """Read a finding of one line."""
        for shape in (_PLAIN, _ISORT):
            found = shape.fullmatch(text)
            if found:
                return self._found(found["file"], int(found.groupdict().get("line", 1)), found["text"])
        return None

    def _below(self, text: str, before: str) -> Found | None:
        """Read a finding of several lines."""
        arrow, below, shell_text = _ARROW.fullmatch(text), _BELOW.fullmatch(text), _SHELL_TEXT.fullmatch(text)
        if arrow:
            return self._found(arrow["file"], int(arrow["line"]), before)
        if below and self.file:
            return self._found(self.file, int(below["line"]), below["text"])
        if shell_text and self.file:
            return self._found(self.file, self.line, shell_text["text"])
        head, shell = _HEAD.fullmatch(text), _SHELL.fullmatch(text)
        if shell:
            self.file, self.line = shell["file"], int(shell["line"])
        elif head:
            self.file = head["file"]
        return None

    def _found(self, file: str, line: int, text: str) -> Found:
        folder = _FOLDERS.get(self.tool, "")
        within = file.removeprefix("/app/").removeprefix("./")
        return Found(f"{folder}{within}", line, f"{self.tool}: {text}")
