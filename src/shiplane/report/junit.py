"""The tests of a whole run as one JUnit XML file, a suite a step."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape, quoteattr

from shiplane.facts.junit import Case
from shiplane.pipeline.tested import CASES
from shiplane.report.runs import proven_by
from shiplane.report.text import printable

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from shiplane.report.runs import Past

_ELEMENTS = {"failed": "failure", "flaky": "flakyFailure"}


def render_junit(past: Past) -> Iterator[str]:
    """Give the lines of the file; a step whose earlier result counts has the tests of that run."""
    yield '<?xml version="1.0" encoding="utf-8"?>'
    yield "<testsuites>"
    for step in past.run.steps:
        cases = read_cases(proven_by(past, step.id).folder, step.id)
        if cases:
            yield from _suite(step.id, cases)
    yield "</testsuites>"


def read_cases(folder: Path, step: str) -> list[Case]:
    """Read what a run's folder holds of a step's tests; empty where it holds nothing that can be read."""
    try:
        return [Case(**case) for case in json.loads((folder / CASES / f"{step}.json").read_text(encoding="utf-8"))]
    except (OSError, ValueError, TypeError):
        return []


def _suite(step: str, cases: Sequence[Case]) -> Iterator[str]:
    counts = {
        "tests": len(cases),
        "failures": _count(cases, "failed"),
        "errors": 0,
        "skipped": _count(cases, "skipped"),
    }
    seconds = sum(case.seconds for case in cases)
    yield f"  <testsuite{_attributes(name=step, **counts, time=f'{seconds:.3f}')}>"
    for case in cases:
        yield from _case(case)
    yield "  </testsuite>"


def _case(case: Case) -> Iterator[str]:
    place = {"file": case.file or None, "line": case.line or None}
    head = f"    <testcase{_attributes(classname=case.suite, name=case.name, **place, time=f'{case.seconds:.3f}')}"
    if case.result == "passed":
        yield f"{head}/>"
        return
    yield f"{head}>"
    if case.result == "skipped":
        yield f"      <skipped{_attributes(message=case.message)}/>"
    else:
        element = _ELEMENTS[case.result]
        yield f"      <{element}{_attributes(message=case.message)}>{escape(_lines(case.text))}</{element}>"
    yield "    </testcase>"


def _count(cases: Sequence[Case], result: str) -> int:
    return sum(case.result == result for case in cases)


def _attributes(**values: str | float | None) -> str:
    given = ((name, printable(str(value))) for name, value in values.items() if value is not None)
    return "".join(f" {name}={quoteattr(value)}" for name, value in given)


def _lines(text: str) -> str:
    """Keep the lines, and of each what may stand in XML."""
    return "\n".join(printable(line) for line in text.split("\n"))
