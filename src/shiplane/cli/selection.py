"""Which part of a plan a run carries out: stages that are chosen, or what a run before did not come to."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING

from shiplane.errors import NothingToResume, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from shiplane.cli.app import App
    from shiplane.model import Plan, Release, Step
    from shiplane.pipeline.history import PastRun

_PUSH = "publish.push"


@dataclass(frozen=True, slots=True)
class Selection:
    """Hold the first and the last stage that were asked for, and whether the last run is to be gone on with."""

    first: str = ""
    last: str = ""
    resume: bool = False

    @classmethod
    def asked(cls, first: str, last: str, only: str, *, resume: bool) -> Selection:
        """Read the options; raises `UsageError` where they contradict each other."""
        if only and (first or last):
            raise UsageError("--only names the one stage that runs", "leave --from and --until out")
        if resume and (first or only):
            raise UsageError("--resume begins where the last run ended", "leave --from and --only out")
        return cls(only or first, only or last, resume)

    def trim(self, plan: Plan) -> Plan:
        """Take the stages after the last one away; raises where a stage that was named is not in the plan."""
        from shiplane.planning import select  # noqa: PLC0415 - only plans need it

        select.check(plan, *(name for name in (self.first, self.last) if name))
        return select.until(plan, self.last) if self.last else plan

    def apply(self, app: App, plan: Plan) -> Plan:
        """Give the trimmed plan with what is left out; raises `NotPassed` or `OtherPlan` where that cannot be."""
        from shiplane.planning import resume, select  # noqa: PLC0415 - only plans need it

        if self.resume:
            last = _last_of_this(app, lambda run: not resume.differences(plan, run.plan))
            plan = resume.resumed(plan, last.name, last.plan, last.passed, app.results.run_of)
        return select.starting_from(plan, self.first, _evidence(app, plan)) if self.first else plan


def _last_of_this(app: App, same: Callable[[PastRun], bool]) -> PastRun:
    """Give the last run of the same plan, else the last one; raises `NothingToResume` where there is none."""
    from shiplane.pipeline.history import past_runs  # noqa: PLC0415 - only plans need it

    runs = (run for run in past_runs(app.store) if run.command == "pipeline")
    newest = next(runs, None)
    if newest is None:
        raise NothingToResume
    return next((run for run in chain((newest,), runs) if same(run)), newest)


def release_of(app: App, plan: Plan) -> Release | None:
    """Give the release that a run goes on with whose plan leaves out to publish one."""
    left_out = any(step.id == _PUSH and step.decision.choice == "skip" for step in plan.steps)
    return app.store.release(plan.target, plan.release) if left_out else None


def _evidence(app: App, plan: Plan) -> Callable[[Step], str | None]:
    """Give what names the run in which a step passed: by its kept result, or where it has none by the journals."""
    before = _passed_before(app, plan)

    def passed(step: Step) -> str | None:
        if step.inputs is not None and not step.asks:
            return app.results.run_of(step.id, step.key)
        if step.id == _PUSH and app.store.release(plan.target, plan.release) is None:
            return None
        return before.get(step.id)

    return passed


def _passed_before(app: App, plan: Plan) -> Mapping[str, str]:
    """Give the run in which each step passed last for the same commit, edits and target."""
    from shiplane.pipeline.history import past_runs  # noqa: PLC0415 - only plans need it

    found: dict[str, str] = {}
    for run in past_runs(app.store):
        if (run.plan.get("release"), run.plan.get("target")) == (plan.release, plan.target):
            found = {**run.passed, **found}
    return found
