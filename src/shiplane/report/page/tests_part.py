"""What the tests said: counts, coverage, what failed and what is flaky."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from shiplane.report.page.markup import Markup, code, icon, tag
from shiplane.report.runs import tests_of
from shiplane.report.tests_text import coverage_of, place
from shiplane.report.text import one_line

if TYPE_CHECKING:
    from collections.abc import Mapping

    from shiplane.report.runs import Past
    from shiplane.report.state import StepState

_KINDS = ("passed", "failed", "flaky", "skipped")


def tests_part(past: Past) -> Markup:
    """Show a row for each step with tests, then the tests that failed or were flaky."""
    found = [(step, tests_of(past, step)) for step in past.run.steps]
    told = [(step, tests) for step, tests in found if tests]
    if not told:
        return Markup("")
    head = tag("tr", *(tag("th", word, scope="col") for word in ("Tests", *_KINDS, "lines", "branches")))
    rows = [_row(step, tests) for step, tests in told]
    table = tag("table", tag("thead", head), tag("tbody", *rows), class_="counts")
    failures = [_failure(step, each) for step, tests in told for each in tests.get("failures") or ()]
    return tag(
        "section",
        tag("h2", "Tests"),
        tag("div", tag("div", table, class_="wide"), class_="card"),
        tag("ul", *failures, class_="card tests") if failures else None,
    )


def _row(step: StepState, tests: Mapping[str, Any]) -> Markup:
    origin = tag("span", f"from run {step.reused_from}", class_="soft") if step.how == "reused" else None
    name = tag("th", tag("a", step.name, href=f"#step-{step.id}"), origin, scope="row")
    counts = [_count(kind, int(tests.get(kind) or 0)) for kind in _KINDS]
    return tag("tr", name, *counts, *(_share(*each) for each in coverage_of(tests)))


def _count(kind: str, number: int) -> Markup:
    return tag("td", str(number), class_="number", data_status=kind if number else "none", data_label=kind)


def _share(kind: str, covered: int, valid: int) -> Markup:
    if not valid:
        return tag("td", "-", class_="number", data_label=kind)
    share = 100 * covered / valid
    bar = tag("span", tag("span", style=f"width:{share:.1f}%"), class_="share")
    return tag("td", f"{share:.1f} %", bar, title=f"{covered} of {valid}", class_="number", data_label=kind)


def _failure(step: StepState, test: Mapping[str, Any]) -> Markup:
    kind = str(test.get("kind"))
    message = one_line(str(test.get("message") or ""))
    return tag(
        "li",
        icon(kind),
        tag("div", tag("b", one_line(str(test.get("name")))), tag("span", f"{kind} in {step.id}", class_="soft")),
        code(place(test)),
        tag("p", message) if message else None,
        data_status=kind,
    )
