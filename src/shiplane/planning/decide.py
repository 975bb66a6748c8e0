"""Deciding for each step of a plan: run it, let an earlier result count, or leave it out, and why."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

from shiplane.model import Decision
from shiplane.planning.keys import UNTOLD, Item, difference, key_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from shiplane.model import Plan, Step


@dataclass(frozen=True, slots=True)
class Passed:
    """Name the run (as people do) in which a step passed, and what its inputs were."""

    run: str
    items: tuple[Item, ...]


class Past(Protocol):
    """Know how steps ended before."""

    def run_of(self, step: str, key: str) -> str | None:
        """Name the run in which a step passed with this key; None where it never did."""

    def latest(self, step: str) -> Passed | None:
        """Give the newest result of a step, whatever its key."""


def decide(  # noqa: PLR0913 - what is known, each by name
    plan: Plan,
    items: Mapping[str, Sequence[Item]],
    past: Past,
    estimates: Mapping[str, float],
    *,
    reuse: bool = True,
    cut_off: str = "",
) -> Plan:
    """Give the plan with keys, decisions and estimates; `items` holds the inputs of the steps that declare some.

    Without `reuse` all that has a place in the plan runs. `cut_off` names a run whose rests may still be there.
    """
    steps = {step.id: _decided(step, items.get(step.id), past, reuse=reuse) for step in plan.steps}
    for step in reversed(plan.steps):
        if step.cleans and cut_off:
            why = f"run {cut_off} was cut off and may have left something"
            steps[step.id] = replace(step, decision=Decision("run", why, cut_off))
        elif reuse:
            steps[step.id] = _needed(steps[step.id], steps)
    stages = tuple(replace(s, steps=tuple(_timed(steps[one.id], estimates) for one in s.steps)) for s in plan.stages)
    return replace(plan, stages=stages)


def _decided(step: Step, items: Sequence[Item] | None, past: Past, *, reuse: bool) -> Step:
    if step.asks:
        return replace(step, decision=Decision("ask", f"decided by {step.asks}"))
    if items is None:
        why = step.decision.why or "it leaves no result that could count"
        return replace(step, decision=replace(step.decision, why=why))
    key = key_of(items)
    return replace(step, key=key, decision=_by_result(step.id, key, items, past, reuse=reuse))


def _by_result(step: str, key: str, items: Sequence[Item], past: Past, *, reuse: bool) -> Decision:
    if not reuse:
        return Decision("run", "no earlier result shall count")
    if key == UNTOLD:
        return Decision("run", "what it depends on cannot all be told")
    run = past.run_of(step, key)
    if run is not None:
        return Decision("reuse", f"nothing that it depends on changed since run {run}", run)
    latest = past.latest(step)
    if latest is None:
        return Decision("run", "no result of it is known")
    return Decision("run", f"{difference(latest.items, items) or 'its inputs changed'} since run {latest.run}")


def _needed(step: Step, steps: Mapping[str, Step]) -> Step:
    """Leave out what is there for others alone, where none of those in this plan runs."""
    served = [steps[name] for name in step.only_for if name in steps]
    if not served or any(one.decision.choice in ("run", "ask") for one in served):
        return step
    return replace(step, decision=Decision("skip", "nothing that needs it runs"))


def _timed(step: Step, estimates: Mapping[str, float]) -> Step:
    if step.decision.choice in ("reuse", "skip"):
        return replace(step, estimate_seconds=0.0)
    return replace(step, estimate_seconds=estimates.get(step.id))
