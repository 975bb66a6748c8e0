"""Past runs as lines for a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shiplane.report.tests_text import place
from shiplane.report.text import SIGNS, columns, duration, moment, one_line, short_commit, shortened

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from shiplane.report.history import Entry, History, Trend

_HEADER = ("run", "started", "branch", "commit", "result", "took", "vs usual", "not run again")
_RIGHT = (0, 5, 6, 7)
_BRANCH_WIDTH = 24
_BARS = "▁▂▃▄▅▆▇█"
_MOST_FLAKY = 20


def render_history(found: History) -> str:
    """Write the runs, newest first, then the trend of each kind and the flaky tests; times in UTC."""
    if not found.entries:
        return "nothing has run here yet"
    lines = columns([_HEADER, *map(_row, found.entries)], right=_RIGHT)
    return "\n".join([*lines, *_trends(found.trends), *_flaky(found)])


def _row(entry: Entry) -> tuple[str, ...]:
    unrun = f"{entry.unrun} of {entry.steps}" if entry.unrun else ""
    sign = SIGNS["running" if entry.status == "unfinished" else entry.status]
    return (
        entry.run,
        moment(entry.started_at).removesuffix(" UTC"),
        shortened(one_line(entry.branch), _BRANCH_WIDTH),
        short_commit(entry.commit),
        f"{sign} {entry.status}",
        duration(entry.seconds),
        _change(entry),
        unrun,
    )


def _change(entry: Entry) -> str:
    """Say by how much a run that passed was longer or shorter than usual."""
    if entry.change is None or entry.status != "passed":
        return ""
    percent = round(100 * entry.change)
    return f"{percent:+} %" if percent else "as usual"


def _trends(trends: Sequence[Trend]) -> Iterator[str]:
    if trends:
        yield ""
    for trend in trends:
        few = f"{trend.kind[0]} to {trend.kind[-1]}" if len(trend.kind) > 1 else trend.kind[0]
        count = f"the last {len(trend.seconds)} that passed" if len(trend.seconds) > 1 else "the one that passed"
        yield f"{few}: {sparkline(trend.seconds)}  {duration(trend.usual_seconds)} in the median of {count}"


def sparkline(values: Sequence[float]) -> str:
    """Draw values side by side, the lowest and the highest as far apart as can be."""
    low, high = min(values), max(values)
    scale = (len(_BARS) - 1) / (high - low) if high > low else 0
    return "".join(_BARS[round((value - low) * scale)] for value in values)


def _flaky(found: History) -> Iterator[str]:
    if not found.flaky:
        return
    yield ""
    yield f"flaky tests in the last {found.flaky[0].runs} runs that ran tests"
    rows = [
        (str(each.flaky), shortened(one_line(each.name), 60), place({"file": each.file, "line": each.line}), each.last)
        for each in found.flaky[:_MOST_FLAKY]
    ]
    for line in columns([(f"{n} x", name, where, f"last in run {run}") for n, name, where, run in rows], right=(0,)):
        yield f"  {line}"
    if len(found.flaky) > _MOST_FLAKY:
        yield f"  and {len(found.flaky) - _MOST_FLAKY} more"
