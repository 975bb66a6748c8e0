"""One run that was carried out by several commands, such as the jobs of a workflow, as one."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, cast

from shiplane.errors import OtherServes
from shiplane.model import STAGE_NAMES
from shiplane.report.state import RunState
from shiplane.report.summary import Failure, failures

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from shiplane.model import Status
    from shiplane.report.state import StageState

_OF_JOBS = {"success": "passed", "failure": "failed", "cancelled": "cancelled"}
_GAVE_WAY = OtherServes.exit_code
_WINNERS = ("failed", "cancelled", "passed")
_NO_STEP = "the run ended before its first step"
_CUT_OFF = "it has no end: its process was killed, or the machine was"


@dataclass(frozen=True, slots=True)
class WholeRun:
    """Hold a run with all its jobs: `name` is what people call it, `id` tells its attempts apart, `url` is its page.

    `jobs` are the results that GitHub gives by job: success, failure, cancelled, skipped; `silent` are those that
    handed nothing on, `rejected` those that a reviewer did not let begin.
    """

    name: str
    id: str
    run: RunState
    url: str = ""
    jobs: Mapping[str, str] = field(default_factory=dict)
    silent: frozenset[str] = frozenset()
    rejected: tuple[str, ...] = ()

    @property
    def status(self) -> Status:
        """Give how it ended: a failure wins over a cancel, and what no journal tells a job's result does."""
        return _winner({self.run.status, *(_OF_JOBS.get(result, "skipped") for result in self.jobs.values())})

    def failures(self) -> list[Failure]:
        """Give what failed; where no step did, the jobs that failed before or after their stage, or the run alone.

        A step that gave way to another run says nothing of the commit, and is left out.
        """
        if self.status != "failed":
            return []
        found = self._failed()
        jobs = [job for job, result in self.jobs.items() if result == "failure"]
        if found:
            return [each for each in found if each.exit_code != _GAVE_WAY]
        if not jobs:
            return [_failure("pipeline", self.run.notes[-1] if self.run.notes else _NO_STEP)]
        return [_failure(job, f"the job {job} failed, and not in a step of the pipeline's") for job in jobs]

    @property
    def gave_way(self) -> str:
        """Say to what it gave way, where it failed by nothing else; empty where it did not."""
        return self._failed()[0].cause if self._failed() and not self.failures() else ""

    @property
    def ships_another(self) -> bool:
        """Tell whether it put something else on an environment than its commit: a release by name, or a rollback."""
        return any(each.get("commit") != self.run.commit for each in self.run.deployments.values())

    @property
    def unbegun(self) -> list[str]:
        """Give the jobs that may never have begun: they failed without a word, and no step did."""
        silent = [job for job, result in self.jobs.items() if result == "failure" and job in self.silent]
        return [] if self._failed() else silent

    def reviewed(self, rejected: Collection[str]) -> WholeRun:
        """Count jobs as cancelled whose environment was rejected: the one of its name, or the workflow's only job."""
        alone = len(self.jobs) == 1 and bool(rejected)
        kept_out = tuple(job for job in self.unbegun if alone or job in rejected)
        return replace(self, jobs={**self.jobs, **dict.fromkeys(kept_out, "cancelled")}, rejected=kept_out)

    def _failed(self) -> list[Failure]:
        return [each for each in failures(self.run) if each.status == "failed"]


def merged(runs: Iterable[RunState], cut_off: Status = "failed") -> RunState:
    """Join the commands of one run, oldest first: of a stage the last command counts that did not leave it out.

    What has no end in its journal, since its process was killed, ended as `cut_off`.
    """
    whole = RunState()
    for run in runs:
        _settle(run, cut_off)
        counting = {stage.name: stage for stage in run.stages.values() if _counts(stage, whole.stages)}
        whole = replace(
            run,
            stages={**whole.stages, **counting},
            releases={**whole.releases, **run.releases},
            deployments={**whole.deployments, **run.deployments},
            event=whole.event or run.event,  # a later command is one by hand
            started_at=whole.started_at or run.started_at,
            seconds=(whole.seconds or 0.0) + (run.seconds or 0.0),
            notes=[*whole.notes, *run.notes],
        )
    whole.stages = {name: whole.stages[name] for name in (*STAGE_NAMES, *whole.stages) if name in whole.stages}
    whole.status = _winner({whole.status, *(stage.status for stage in whole.stages.values())})
    return whole


def _settle(run: RunState, cut_off: Status) -> None:
    """Give an end to what has none."""
    if run.status != "running":
        return
    run.status = cut_off
    for stage in run.stages.values():
        stage.status = cut_off if stage.status == "running" else stage.status
    for step in run.steps:
        if step.status == "running":
            step.status, step.cause = cut_off, step.cause or _CUT_OFF


def _counts(stage: StageState, before: Mapping[str, StageState]) -> bool:
    left_out = all(step.how == "not needed" or step.status in ("skipped", "pending") for step in stage.steps.values())
    return stage.name not in before or not left_out


def _winner(statuses: set[str]) -> Status:
    return cast("Status", next((status for status in _WINNERS if status in statuses), "skipped"))


def _failure(stage: str, cause: str) -> Failure:
    return Failure(stage, "", "failed", cause, "see the log of the run", (), "")
