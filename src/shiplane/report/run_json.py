"""A run as `invoke report --json` prints it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from shiplane.report.repeat import repeat_command
from shiplane.report.timeline import taken, timeline

if TYPE_CHECKING:
    from collections.abc import Mapping

    from shiplane.report.runs import Past
    from shiplane.report.state import RunState, StageState, StepState

_RUN = ("id", "number", "event", "branch", "commit", "target", "release", "message", "author", "reason")
_END = ("status", "exit_code", "started_at", "finished_at")
_STEP = ("id", "title", "host", "status", "how", "reused_from", "tries", "seconds", "estimate_seconds", "decision")
_CAUSE = ("exit_code", "cause", "fix", "started_at", "finished_at")
_TESTS = ("tries", "passed", "failed", "flaky", "skipped", "failures", "coverage")


def run_json(past: Past) -> dict[str, Any]:
    """Give the object; a run whose journal has no end has the status `running`."""
    run, times = past.run, timeline(past.run)
    bars = {bar.step.id: (bar.start, bar.critical) for bar in times.bars}
    return {
        "run": past.name,
        **{name: getattr(run, name) for name in (*_RUN, *_END)},
        "seconds": round(taken(run), 3),
        "critical_path": [bar.step.id for bar in times.critical],
        "stages": [_stage(run, stage, bars) for stage in run.stages.values()],
        "releases": list(run.releases.values()),
        "deployments": list(run.deployments.values()),
        "notes": run.notes,
        "folder": str(past.folder),
    }


def _stage(run: RunState, stage: StageState, bars: Mapping[str, tuple[float, bool]]) -> dict[str, Any]:
    steps = [_step(run, step, bars.get(step.id)) for step in stage.steps.values()]
    return {"name": stage.name, "status": stage.status, "seconds": stage.seconds, "steps": steps}


def _step(run: RunState, step: StepState, bar: tuple[float, bool] | None) -> dict[str, Any]:
    told = {name: getattr(step, name) for name in (*_STEP, *_CAUSE)}
    return {
        **told,
        "needs": list(step.needs),
        "started_after_seconds": round(bar[0], 3) if bar else None,
        "critical": bool(bar and bar[1]),
        "repeat": repeat_command(step, run) if step.status == "failed" else "",
        "tests": {name: step.tests.get(name) for name in _TESTS} if step.tests else None,
    }
