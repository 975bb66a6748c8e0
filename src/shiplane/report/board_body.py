"""What the board is told of a run: the body of `POST /api/v1/reports/`, drawn from the journal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from shiplane.model import STAGE_NAMES
from shiplane.report.state import fold
from shiplane.report.text import clean, one_line

if TYPE_CHECKING:
    from collections.abc import Iterable

    from shiplane.pipeline.journal import Record
    from shiplane.report.state import RunState, StageState

Body = dict[str, list[dict[str, Any]]]

DETAIL_LIMIT = 2000
_MESSAGE_LIMIT = 10_000
_NAME_LIMIT = 255
_CUT = "\n…\n"
_RELEASE_FIELDS = ("id", "version", "commit", "branch", "dirty", "created_at")
_DEPLOYMENT_FIELDS = ("id", "environment", "url", "release", "action", "outcome", "started_at", "finished_at")


def reports(records: Iterable[Record]) -> Body:
    """Give the runs, releases and deployments of one run's records; all empty before the run has started."""
    run = fold(records)
    if not run.id:
        return {"runs": [], "releases": [], "deployments": []}
    return {
        "runs": [_run(run)],
        "releases": [_release(release, run) for release in {**run.manifests, **run.releases}.values()],
        "deployments": [
            {**{field: each[field] for field in _DEPLOYMENT_FIELDS}, "run": each.get("run") or run.id}
            for each in run.deployments.values()
        ],
    }


def _run(run: RunState) -> dict[str, Any]:
    return {
        "id": run.id,
        "number": run.number,
        "event": run.event,
        "branch": one_line(run.branch)[:_NAME_LIMIT] or "(no branch)",
        "commit": run.commit,
        "message": _text(run.message, _MESSAGE_LIMIT),
        "author": one_line(run.author)[:_NAME_LIMIT],
        "target": run.target,
        "status": run.status,
        "started_at": run.started_at,
        "finished_at": run.finished_at,
        # The board knows these stages; one it does not know would have it refuse the whole report.
        "stages": [_stage(run.stages[name]) for name in STAGE_NAMES if name in run.stages],
    }


def _stage(stage: StageState) -> dict[str, Any]:
    return {
        "name": stage.name,
        "status": stage.status,
        "started_at": stage.started_at,
        "finished_at": stage.finished_at,
        "seconds": None if stage.seconds is None or stage.status == "skipped" else round(max(stage.seconds, 0.0), 3),
        "detail": _detail(stage),
    }


def _detail(stage: StageState) -> str:
    """Tell why a stage did not pass: cause and fix of each step, then its last lines, cut in between."""
    parts = []
    for step in stage.steps.values():
        if step.status == "failed" or (step.status == "cancelled" and step.cause):
            told = [f"{step.id}: {one_line(step.cause) or f'exit code {step.exit_code}'}"]
            told += [f"fix: {one_line(step.fix)}"] if step.fix else []
            parts.append("\n".join([*told, *(clean(line) for line in step.details)]))
    each = DETAIL_LIMIT // max(len(parts), 1) - 2
    return "\n\n".join(_cut(part, each) for part in parts)


def _cut(text: str, limit: int) -> str:
    """Keep the beginning, which names the cause, and the end, which shows it."""
    if len(text) <= limit:
        return text
    head = limit // 3
    return text[:head] + _CUT + text[-(limit - head - len(_CUT)) :]


def _text(text: str, limit: int) -> str:
    return "\n".join(clean(line) for line in text.splitlines()).strip()[:limit]


def _release(release: dict[str, Any], run: RunState) -> dict[str, Any]:
    images = {n: {"reference": i["reference"], "digest": i["digest"]} for n, i in release["images"].items()}
    return {**{field: release[field] for field in _RELEASE_FIELDS}, "run": run.id, "images": images}
