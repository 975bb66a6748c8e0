"""The steps in time, with the chain of those that made the run as long as it was."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from shiplane.report.page.markup import Markup, icon, joined, stage_title, tag
from shiplane.report.state import shown_as
from shiplane.report.text import duration, elapsed, limit

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from shiplane.report.timeline import Bar, Timeline

_MOST_ROWS = 30  # of one stage; more are folded
_TICKS = 5
_NEAR_THE_END = 0.85
_STEPS = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200)
_LEGEND = (
    ("passed", "ran"),
    ("failed", "failed"),
    ("cancelled", "cut off"),
    ("running", "no end was written"),
    ("reused", "an earlier result counts"),
    ("critical", "critical path: what made the run so long"),
)


def timeline_part(times: Timeline) -> Markup:
    """Show a bar for each step; nothing where no step was begun."""
    if not times.bars or times.seconds <= 0:
        return Markup("")
    used = {shown_as(bar.step) for bar in times.bars} | {"critical"}
    legend = [tag("li", tag("span", class_="key", data_status=key), word) for key, word in _LEGEND if key in used]
    stages = [_stage(name, list(bars), times.seconds) for name, bars in groupby(times.bars, lambda bar: bar.step.stage)]
    path = sum(bar.seconds for bar in times.critical)
    said = f"{len(times.critical)} steps in a row took {duration(path)} of {duration(times.seconds)}"
    return tag(
        "section",
        tag("div", tag("h2", "Timeline"), tag("p", said, class_="soft"), class_="heading"),
        tag("div", _axis(times.seconds), *stages, tag("ul", *legend, class_="legend"), class_="card timeline"),
    )


def _axis(seconds: float) -> Markup:
    step = next((each for each in _STEPS if seconds / each <= _TICKS), _STEPS[-1])
    marks = range(0, int(seconds) + 1, step)
    ticks = [
        tag(
            "span",
            tag("span", limit(at) if at else "0"),
            style=f"left:{_percent(at, seconds)}",
            data_last=at / seconds > _NEAR_THE_END,
        )
        for at in marks
    ]
    return tag("div", *ticks, class_="axis", aria_hidden="true")


def _stage(name: str, bars: Sequence[Bar], seconds: float) -> Markup:
    taken = max(bar.end for bar in bars) - min(bar.start for bar in bars)
    shown, folded = _chosen(bars)
    rest = (
        tag("details", tag("summary", f"{len(folded)} more steps"), _rows(folded, seconds), class_="rest")
        if folded
        else None
    )
    head = tag("div", tag("h3", stage_title(name)), tag("span", duration(taken), class_="seconds"), class_="stage")
    return joined((head, _rows(shown, seconds), rest))


def _chosen(bars: Sequence[Bar]) -> tuple[list[Bar], list[Bar]]:
    """Show all where there is room; else what failed, the critical path and the longest."""
    if len(bars) <= _MOST_ROWS:
        return list(bars), []
    ranked = sorted(bars, key=lambda bar: (bar.step.status != "failed", not bar.critical, -bar.seconds))
    chosen = {bar.step.id for bar in ranked[:_MOST_ROWS]}
    return [b for b in bars if b.step.id in chosen], [b for b in bars if b.step.id not in chosen]


def _rows(bars: Iterable[Bar], seconds: float) -> Markup:
    return tag("ol", *(_row(bar, seconds) for bar in bars), class_="lanes")


def _row(bar: Bar, seconds: float) -> Markup:
    step, kind = bar.step, shown_as(bar.step)
    took = f"run {step.reused_from}" if step.how == "reused" else "not needed" if step.how != "ran" else None
    place = f"left:{_percent(bar.start, seconds)};width:{_percent(bar.seconds, seconds)}"
    hint = f"{step.title or step.id}: {step.status}, {elapsed(bar.start)} to {elapsed(bar.end)} after the start"
    drawn = tag("span", class_="bar", style=place, data_status=kind, data_critical=bar.critical, title=hint)
    label = tag("a", step.id.partition(".")[2] or step.id, href=f"#step-{step.id}", title=step.title or None)
    return tag(
        "li",
        tag("span", icon(kind), label, class_="name"),
        tag("span", drawn, class_="track"),
        tag("span", took or duration(bar.seconds), class_="seconds"),
        data_critical=bar.critical,
    )


def _percent(part: float, whole: float) -> str:
    return f"{100 * part / whole:.3f}%"
