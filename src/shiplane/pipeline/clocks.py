"""The time limits of a run: of its stages, and of each try of a step."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shiplane.errors import TimeLimit

if TYPE_CHECKING:
    from shiplane.model import Plan, Stage
    from shiplane.pipeline.tries import Try


class Clocks:
    """Know when time is over, in seconds of `runners.base.now`; stages with one clock share it from its first start."""

    def __init__(self, plan: Plan) -> None:
        self._stages = {step.id: stage for stage in plan.stages for step in stage.steps}
        self._since: dict[str, float] = {}

    def start(self, stage: Stage, at: float) -> None:
        """Let a stage's time run, unless it does already."""
        self._since.setdefault(stage.clock, at)

    def end(self, one: Try) -> float:
        """Give when the time of a try is over, its own or its stage's."""
        own = one.step.timeout_seconds
        return min(one.began + own, self._stage_end(one)) if own else self._stage_end(one)

    def is_own(self, one: Try) -> bool:
        """Tell whether it is the try's own time that is over first."""
        return self.end(one) < self._stage_end(one)

    def allows(self, one: Try, at: float) -> bool:
        """Tell whether the stage has time left then."""
        return at < self._stage_end(one)

    def error(self, one: Try) -> TimeLimit:
        """Say which limit was reached, and what was under way."""
        step, stage = one.step, self._stages[one.step.id]
        if self.is_own(one):
            return TimeLimit(f"step {step.id}", step.timeout_seconds, one.doing, f"tool.shiplane.steps.{step.id}")
        return TimeLimit(f"stage {stage.name} ({step.title})", stage.timeout_seconds, one.doing)

    def _stage_end(self, one: Try) -> float:
        stage = self._stages[one.step.id]
        return self._since[stage.clock] + stage.timeout_seconds
