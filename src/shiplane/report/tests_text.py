"""Tests that failed, as people name them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from shiplane.report.text import one_line, shortened

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from shiplane.report.state import StepState

MOST_NAMED = 20
_WIDTH = 200
_COVERED = ("lines", "branches")


def place(failure: Mapping[str, Any]) -> str:
    """Give `file:line` of a test, or its suite where no file is known."""
    file = str(failure.get("file") or "")
    line = failure.get("line")
    return f"{file}:{line}" if file and line else file or str(failure.get("suite") or "")


def of_kind(step: StepState, kind: str) -> list[Mapping[str, Any]]:
    """Give the tests of a step that are `failed` or `flaky`."""
    return [each for each in step.tests.get("failures") or () if each.get("kind") == kind]


def failed_lines(step: StepState, most: int = MOST_NAMED) -> list[str]:
    """Name the tests of a step that failed, one a line, then how many more there are."""
    failed = of_kind(step, "failed")
    lines = [shortened(named(each), _WIDTH) for each in failed[:most]]
    more = int(step.tests.get("failed") or 0) - len(lines)
    return [*lines, f"and {more} more"] if more > 0 and lines else lines


def counts_text(tests: Mapping[str, Any]) -> str:
    """Write the counts that are not zero: `41 passed, 1 failed`."""
    return ", ".join(f"{tests[kind]} {kind}" for kind in ("passed", "failed", "flaky", "skipped") if tests.get(kind))


def coverage_of(tests: Mapping[str, Any]) -> tuple[tuple[str, int, int], ...]:
    """Give (kind, covered, all) of lines and branches; zeros where no figures were reported."""
    found = tests.get("coverage") or {}
    return tuple((kind, int(found.get(f"{kind}_covered", 0)), int(found.get(f"{kind}_valid", 0))) for kind in _COVERED)


def names(failures: Sequence[Mapping[str, Any]]) -> list[str]:
    """Give the names alone."""
    return [one_line(str(each.get("name") or "")) for each in failures]


def named(failure: Mapping[str, Any]) -> str:
    """Name one test with its place and what it said, in a line."""
    message = one_line(str(failure.get("message") or ""))
    where = place(failure)
    return f"{names([failure])[0]}{f' ({one_line(where)})' if where else ''}{f': {message}' if message else ''}"
