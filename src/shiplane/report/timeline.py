"""When each step of a run went on, and the chain of steps that made it take as long as it did."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from shiplane.report.state import RunState, StepState

# A step that starts so much later than the last that it needs ended waited for a free place instead.
_WAITED_SECONDS = 0.5
_CLOCK_SECONDS = 0.05


@dataclass(frozen=True, slots=True)
class Bar:
    """Hold a step and when it went on, in seconds since the run began; `critical` where a later end ends the run later.

    A step whose earlier result counts has no length.
    """

    step: StepState
    start: float
    end: float
    critical: bool = False

    @property
    def seconds(self) -> float:
        """Give how long it took, tries and waiting between them included."""
        return self.end - self.start


@dataclass(frozen=True, slots=True)
class Timeline:
    """Hold the bars in the plan's order and the whole length in seconds."""

    bars: tuple[Bar, ...]
    seconds: float

    @property
    def critical(self) -> tuple[Bar, ...]:
        """Give the critical path from the first step to the last."""
        return tuple(sorted((bar for bar in self.bars if bar.critical), key=lambda bar: bar.start))


def timeline(run: RunState) -> Timeline:
    """Lay out a run's steps in time; what still goes on ends with the newest record."""
    began = seconds_of(run.started_at)
    if began is None:
        return Timeline((), 0.0)
    newest = seconds_of(run.last_at) or began
    bars = [bar for step in run.steps if (bar := _bar(step, began, newest)) is not None]
    on_path = _critical(bars)
    marked = tuple(Bar(bar.step, bar.start, bar.end, bar.step.id in on_path) for bar in bars)
    length = max([newest - began, run.seconds or 0.0, *(bar.end for bar in bars)])
    return Timeline(marked, length)


def taken(run: RunState) -> float:
    """Give how long a run took; where its journal has no end, how long it went on by its newest record."""
    return timeline(run).seconds if run.seconds is None else run.seconds


def seconds_of(stamp: str | None) -> float | None:
    """Give a time of the journal in seconds; None where there is none that can be read."""
    try:
        return datetime.fromisoformat(stamp).timestamp() if stamp else None
    except ValueError:
        return None


def _bar(step: StepState, began: float, newest: float) -> Bar | None:
    if step.status in ("pending", "skipped"):
        return None
    end = seconds_of(step.finished_at) or newest
    start = seconds_of(step.started_at)
    if start is None:  # its result was there already, or it was cancelled before it began
        return Bar(step, end - began, end - began) if step.how != "ran" else None
    return Bar(step, max(start - began, 0.0), max(end - began, 0.0))


def _critical(bars: Sequence[Bar]) -> set[str]:
    """Walk back from the last end: each time to what had to end before the step could begin."""
    ran = {bar.step.id: bar for bar in bars if bar.step.how == "ran"}
    found: set[str] = set()
    current = max(ran.values(), key=lambda bar: bar.end, default=None)
    while current is not None and current.step.id not in found:
        found.add(current.step.id)
        current = _before(current, ran)
    return found


def _before(bar: Bar, ran: Mapping[str, Bar]) -> Bar | None:
    """Give the step whose end let this one begin: one that it needs, else the one whose place it took."""
    earlier = [each for each in ran.values() if each.end <= bar.start + _CLOCK_SECONDS and each.start < bar.start]
    last = max(earlier, key=_end, default=None)
    needed = max((each for each in earlier if each.step.id in bar.step.needs), key=_end, default=None)
    if needed is not None and last is not None and last.end - needed.end < _WAITED_SECONDS:
        return needed
    return last


def _end(bar: Bar) -> float:
    return bar.end
