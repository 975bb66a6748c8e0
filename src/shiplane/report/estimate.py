"""How long what is left will take, by what it took before."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from shiplane.report.state import ENDED, fold
from shiplane.report.text import about

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from shiplane.pipeline.journal import Record
    from shiplane.report.state import RunState, StageState


@dataclass(frozen=True, slots=True)
class Left:
    """Hold the seconds left; not `complete` where a step to come was never measured."""

    seconds: float
    complete: bool

    def text(self) -> str:
        """Say it as precisely as it is known."""
        return f"{'about' if self.complete else 'at least'} {about(self.seconds)} left"


def durations(runs: Iterable[Iterable[Record]]) -> dict[str, float]:
    """Give the seconds by step id of the longest time that it ran and passed in these runs."""
    longest: dict[str, float] = {}
    for records in runs:
        for step in fold(records).steps:
            if step.status == "passed" and step.how == "ran" and step.seconds is not None:
                # Not the newest: a step that found nothing to do, as a deploy of what serves, ended once it had asked.
                longest[step.id] = max(longest.get(step.id, 0.0), step.seconds)
    return longest


def time_left(run: RunState, estimates: Mapping[str, float], spent: Callable[[str], float]) -> Left | None:
    """Add up the longest way through each stage to come; None where nothing is known of it.

    `spent` gives the seconds that a running step has taken.
    """
    nothing = {step.id: 0.0 for step in run.steps if step.decision.get("choice") in ("reuse", "skip")}
    estimates = {**estimates, **nothing}
    to_come = [step for step in run.steps if step.status not in ENDED]
    known = [step for step in to_come if step.id in estimates]
    if not known:
        return None
    seconds = sum(_longest_way(stage, estimates, spent) for stage in run.stages.values())
    return Left(seconds, complete=len(known) == len(to_come))


def _longest_way(stage: StageState, estimates: Mapping[str, float], spent: Callable[[str], float]) -> float:
    ends: dict[str, float] = {}
    for step in stage.steps.values():  # a plan lists what is needed first
        start = max((ends.get(need, 0.0) for need in step.needs), default=0.0)
        rest = 0.0 if step.status in ENDED else max(estimates.get(step.id, 0.0) - spent(step.id), 0.0)
        ends[step.id] = start + rest
    return max(ends.values(), default=0.0)
