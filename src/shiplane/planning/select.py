"""Choosing stages of a plan: what is left out has to have passed before for the same inputs."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from shiplane.errors import NotPassed, UnknownName, UsageError
from shiplane.model import STAGE_NAMES, Decision

if TYPE_CHECKING:
    from collections.abc import Callable

    from shiplane.model import Plan, Stage, Step

# What these give lasts as long as the process: a later stage needs it though its own stage is left out.
_FOR_THE_PROCESS = frozenset({"vpn"})


def check(plan: Plan, *names: str) -> None:
    """Raise where a stage is not one, or is not in the plan, or one comes before the other that is named first."""
    known = [stage.name for stage in plan.stages]
    for name in names:
        if name not in STAGE_NAMES:
            raise UnknownName("stage", name, STAGE_NAMES)
        if name not in known:
            raise UsageError(f"stage {name} is not in this plan", f"it has: {', '.join(known) or 'no stage'}")
    if [known.index(name) for name in names] != sorted(known.index(name) for name in names):
        raise UsageError(f"stage {names[-1]} comes before {names[0]}", f"the order is: {', '.join(known)}")


def until(plan: Plan, last: str) -> Plan:
    """Leave out the stages after one."""
    check(plan, last)
    names = [stage.name for stage in plan.stages]
    return replace(plan, stages=plan.stages[: names.index(last) + 1])


def starting_from(plan: Plan, first: str, passed: Callable[[Step], str | None]) -> Plan:
    """Leave out the stages before one; `passed` names the run in which a step passed for the plan's own inputs.

    Raises `NotPassed` for the first step that did not and of which something later depends on the result.
    """
    check(plan, first)
    names = [stage.name for stage in plan.stages]
    skipped, kept = plan.stages[: names.index(first)], plan.stages[names.index(first) :]
    run = frozenset(step.id for stage in kept for step in stage.steps if step.decision.choice in ("run", "ask"))
    before = tuple(
        replace(stage, steps=tuple(_left_out(step, stage, passed(step), run) for step in stage.steps))
        for stage in skipped
    )
    return replace(plan, stages=(*before, *kept))


def _left_out(step: Step, stage: Stage, passed: str | None, run: frozenset[str]) -> Step:
    after_a_cut = step.cleans and step.decision.run
    if step.action in _FOR_THE_PROCESS or step.decision.choice == "skip" or after_a_cut:
        return step
    needed = not step.only_for or run.intersection(step.only_for)
    if passed is None and needed and _leaves_a_result(step):
        raise NotPassed(step.id, stage.name)
    why = f"it passed in run {passed}" if passed else "with those that need it"
    decision = Decision("skip", why, passed or "")
    # What it made has to be here still where a step that runs needs it.
    return replace(step, decision=decision, estimate_seconds=0.0, makes=step.makes if needed else ())


def _leaves_a_result(step: Step) -> bool:
    return step.inputs is not None or bool(step.asks)
