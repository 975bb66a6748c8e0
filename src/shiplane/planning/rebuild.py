"""Building production images anew though they are published."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from shiplane.commands import nox
from shiplane.errors import UsageError
from shiplane.model import Decision

if TYPE_CHECKING:
    from shiplane.model import Plan, Step

_TITLES = {
    "publish.images": ("rebuild", "production images, built anew"),
    "publish.push": ("republish", "push what is new; what is there has to be the same"),
}


def rebuilt(plan: Plan) -> Plan:
    """Let no image that is published stand for one of this commit; raises `UsageError` where nothing is published."""
    if not any(stage.name == "publish" for stage in plan.stages):
        raise UsageError("--rebuild has nothing to build anew: this plan publishes no images", "leave it out")
    stages = tuple(replace(stage, steps=tuple(_anew(step) for step in stage.steps)) for stage in plan.stages)
    return replace(plan, stages=stages)


def _anew(step: Step) -> Step:
    if step.id not in _TITLES:
        return step
    action, title = _TITLES[step.id]
    made = replace(step, action=action, title=title)
    if action == "rebuild":
        command = nox.session("images", "production", "--no-cache")
        return replace(made, commands=(command,), asks="", decision=Decision("run", "no published image shall count"))
    return made
