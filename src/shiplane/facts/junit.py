"""What test runners report: cases from JUnit XML (pytest, vitest, Playwright), figures from Cobertura's coverage.

The files come from containers in which the code under test ran, so they are read as a stranger's: expat (the standard
library's parser, limited in what entities may grow to) hands on one element after the other, so that no tree of them
is kept, and a file that declares an entity of its own is refused. A JUnit library would build the whole tree, and none
knows the file and line that are wanted here.
"""

from __future__ import annotations

import posixpath
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, BinaryIO, Literal
from xml.parsers import expat

if TYPE_CHECKING:
    from collections.abc import Callable

Result = Literal["passed", "failed", "skipped", "flaky"]

TEXT_LIMIT = 10_000
_MOST_TEXT = 1_000_000
_RESULTS: dict[str, Result] = {
    "failure": "failed",
    "error": "failed",
    "skipped": "skipped",
    "flakyFailure": "flaky",
    "flakyError": "flaky",
}


@dataclass(frozen=True, slots=True)
class Case:
    """Hold one test: `suite` is its class or file, `file` a path in the checkout, `line` counts from 1 (0: unknown).

    `message` is one line, `text` what the runner tells of the failure, cut at `TEXT_LIMIT` characters.
    """

    suite: str
    name: str
    result: Result = "passed"
    seconds: float = 0.0
    file: str = ""
    line: int = 0
    message: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True)
class Coverage:
    """Count what tests reached, and of how many."""

    lines_covered: int
    lines_valid: int
    branches_covered: int
    branches_valid: int


def parse_cases(report: BinaryIO, root: str) -> list[Case]:
    """Read JUnit XML; `root` is the folder that its file names start from. Raises ValueError where it is none."""
    reader = _Cases(root)
    _read(report, reader.start, reader.end, reader.text)
    return reader.cases


def parse_coverage(report: BinaryIO) -> Coverage | None:
    """Read the totals of Cobertura XML; None where it has none. Raises ValueError where it is no XML."""
    found: list[dict[str, str]] = []

    def start(tag: str, attributes: dict[str, str]) -> None:
        if tag == "coverage" and not found:
            found.append(attributes)

    _read(report, start, lambda _tag: None, lambda _text: None)
    names = ("lines-covered", "lines-valid", "branches-covered", "branches-valid")
    figures = [found[0].get(name, "") for name in names] if found else []
    return Coverage(*map(int, figures)) if figures and all(figure.isdecimal() for figure in figures) else None


def _read(
    report: BinaryIO,
    start: Callable[[str, dict[str, str]], None],
    end: Callable[[str], None],
    text: Callable[[str], None],
) -> None:
    parser = expat.ParserCreate()
    parser.StartElementHandler, parser.EndElementHandler, parser.CharacterDataHandler = start, end, text
    parser.EntityDeclHandler = _refuse
    try:
        parser.ParseFile(report)
    except expat.ExpatError as error:
        raise ValueError(f"no XML in line {error.lineno}: {expat.errors.messages[error.code]}") from error


def _refuse(*_declaration: object) -> None:
    raise ValueError("it declares entities")


class _Cases:
    """Take the elements of a report in their order."""

    def __init__(self, root: str) -> None:
        self.cases: list[Case] = []
        self._root = root
        self._suite = ""
        self._case: Case | None = None
        self._depth = 0  # within an element that tells how the case ended
        self._parts: list[str] = []
        self._room = _MOST_TEXT

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        if tag == "testsuite":
            self._suite = attributes.get("name", "")
        elif tag == "testcase":
            self._case, self._parts, self._room = self._begun(attributes), [], _MOST_TEXT
        elif self._depth:
            self._depth += 1
        elif self._case is not None and tag in _RESULTS:
            self._depth = 1
            if self._case.result == "passed":  # the first of several counts
                message = _first_line(attributes.get("message", ""))
                self._case = replace(self._case, result=_RESULTS[tag], message=message)

    def text(self, text: str) -> None:
        if self._depth and self._room > 0:
            self._parts.append(text)
            self._room -= len(text)

    def end(self, tag: str) -> None:
        if self._depth:
            self._depth -= 1
        elif tag == "testcase" and self._case is not None:
            self.cases.append(self._finished(self._case, "".join(self._parts)))
            self._case = None

    def _begun(self, attributes: dict[str, str]) -> Case:
        suite, file = attributes.get("classname", ""), attributes.get("file", "")
        # Of pytest `line` is counted from 0; of the others a suite is named after its file.
        line = int(attributes["line"]) + 1 if attributes.get("line", "").isdecimal() else 0
        named = file or (suite if suite == self._suite else "")
        return Case(
            suite, attributes.get("name", ""), seconds=_number(attributes.get("time", "")), file=named, line=line
        )

    def _finished(self, case: Case, text: str) -> Case:
        told = "\n".join(line.rstrip() for line in text.strip("\n").split("\n")).strip("\n")
        line = _mentioned(case.file, told) or case.line
        file = posixpath.normpath(posixpath.join(self._root, case.file)) if case.file else ""
        message = case.message or (_first_line(told) if case.result in ("failed", "flaky") else "")
        return replace(case, file=file, line=line, message=message, text=_middle_cut(told))


def _mentioned(file: str, text: str) -> int:
    """Find the line of the test's own file where it failed: the last one mentioned; 0 where none is."""
    found = re.findall(rf"(?<![\w.-]){re.escape(file)}:(\d+)", text) if file else []
    return int(found[-1]) if found else 0


def _first_line(text: str) -> str:
    return next((line.strip() for line in text.splitlines() if line.strip()), "")


def _middle_cut(text: str) -> str:
    """Keep the beginning, where the code stands, and the end, where the reason does."""
    half = TEXT_LIMIT // 2
    return text if len(text) <= TEXT_LIMIT else f"{text[:half]}\n…\n{text[-half:]}"


def _number(text: str) -> float:
    try:
        return float(text.replace(",", ""))
    except ValueError:
        return 0.0
