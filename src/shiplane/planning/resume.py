"""Going on with a run that was cut off: only with the same plan."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from shiplane.errors import OtherPlan
from shiplane.model import Decision

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from shiplane.model import Plan, Step


def resumed(
    plan: Plan, run: str, before: Mapping[str, Any], passed: Mapping[str, str], run_of: Callable[[str, str], str | None]
) -> Plan:
    """Let what passed in a run count, also where no other result shall; raises `OtherPlan` with all that differs.

    `before` is the run's plan (as `Plan.to_json`), `passed` names for each step the run in which it was carried out,
    and `run_of` (step, key) the run whose result is kept. Steps that ask somebody, or have no result, come again.
    """
    other = differences(plan, before)
    if other:
        raise OtherPlan(run, other)

    def decided(step: Step) -> Step:
        made = passed.get(step.id)
        if step.decision.choice != "run" or made is None or run_of(step.id, step.key) != made:
            return step
        decision = Decision("reuse", f"it passed in run {made}, which goes on", made)
        return replace(step, decision=decision, estimate_seconds=0.0)

    stages = tuple(replace(stage, steps=tuple(decided(step) for step in stage.steps)) for stage in plan.stages)
    return replace(plan, stages=stages, notes=(*plan.notes, f"goes on with run {run}"))


def differences(plan: Plan, before: Mapping[str, Any]) -> list[str]:
    """Say in what a plan differs from that of a run (as `Plan.to_json`); empty where it is the same."""
    event = before.get("event") or {}
    now = {
        "event": (plan.event.name, str(event.get("name"))),
        "branch": (plan.event.branch, str(event.get("branch"))),
        "commit": (plan.event.commit[:12], str(event.get("commit"))[:12]),
        "target": (plan.target, str(before.get("target"))),
    }
    found = [f"{name} {was} (now {is_})" for name, (is_, was) in now.items() if is_ != was]
    release = str(before.get("release"))
    if plan.release != release and now["commit"][0] == now["commit"][1]:
        found.append(f"edits of {release} (now {plan.release})")
    return found or _other_steps(plan, before)


def _other_steps(plan: Plan, before: Mapping[str, Any]) -> list[str]:
    """Compare the steps of the stages that both plans have; another Shiplane may lay them out otherwise."""
    steps = {stage["name"]: [(one["id"], one["needs"]) for one in stage["steps"]] for stage in before.get("stages", ())}
    return [
        f"steps of stage {stage.name}"
        for stage in plan.stages
        if stage.name in steps and steps[stage.name] != [(step.id, list(step.needs)) for step in stage.steps]
    ]
