"""What the application's suites said, for people and for machines."""

from __future__ import annotations

import shlex
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from shiplane.facts.evidence import Evidence
from shiplane.report.tests_text import MOST_NAMED, counts_text, coverage_of, named
from shiplane.report.text import SIGNS, clean, duration, one_line, shortened

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

_WIDTH = 200
_LAST = 10
# By its address it opens in the browser that is here, not in one that Playwright would have to bring.
_PLAYWRIGHT = ("testing/node_modules/.bin/playwright",)
_HERE = ("--host", "127.0.0.1")


@dataclass(frozen=True, slots=True)
class Ended:
    """Hold how one part of the suites ended: `cause` is empty where it passed, `tests` are counts and failures.

    `last` are the last lines that it printed where it failed.
    """

    name: str
    suite: str
    title: str
    reports: str
    seconds: float
    cause: str = ""
    tests: Mapping[str, Any] = field(default_factory=dict)
    evidence: Evidence = field(default_factory=Evidence)
    last: Sequence[str] = ()

    @property
    def status(self) -> str:
        """Say in one word how it ended."""
        return "failed" if self.cause else "passed"

    def to_json(self) -> dict[str, Any]:
        """Give it for machines; `open` are lines that show more of it."""
        about = {"name": self.name, "suite": self.suite, "status": self.status, "cause": self.cause}
        told = {"seconds": round(self.seconds, 1), "reports": self.reports, "open": list(opening(self))}
        return {**about, **told, **self.tests}


def render_suites(ended: Sequence[Ended]) -> str:
    """Write a line a part, below it what failed and what opens the rest."""
    return "\n".join(line for one in ended for line in _lines(one))


def _lines(one: Ended) -> Iterator[str]:
    said = counts_text(one.tests) or "no test reported"
    yield f"{SIGNS[one.status]} {one.title}: {said} in {duration(one.seconds)}{_coverage(one)}"
    failed = [each for each in one.tests.get("failures", ()) if each["kind"] == "failed"]
    for each in failed[:MOST_NAMED]:
        yield f"    {shortened(named(each), _WIDTH)}"
    if len(failed) > MOST_NAMED:
        yield f"    and {len(failed) - MOST_NAMED} more"
    if one.cause and not failed:
        yield f"    {one_line(one.cause)}"
        # No test says why: something else did, far above.
        yield from (f"      {clean(line)}" for line in one.last[-_LAST:])
    yield from (f"    see: {line}" for line in opening(one))


def _coverage(one: Ended) -> str:
    told = [f"{100 * covered / valid:.1f} % of {kind}" for kind, covered, valid in coverage_of(one.tests) if valid]
    return f", covering {', '.join(told)}" if told else ""


def opening(one: Ended) -> Iterator[str]:
    """Give the lines that open what there is: the coverage, and of browser tests that failed everything."""
    found = one.evidence
    if found.coverage:
        yield found.coverage
    if one.cause:
        yield from found.pictures
        yield from (shlex.join((*_PLAYWRIGHT, "show-trace", *_HERE, trace)) for trace in found.traces)
        if found.page:
            yield shlex.join((*_PLAYWRIGHT, "show-report", *_HERE, found.page))
