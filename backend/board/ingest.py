"""Store what the pipeline reports, so that posting it again changes nothing."""

from typing import Any, TypedDict

from django.db import connection, models, transaction

from . import metrics
from .models import Deployment, Release, Run, RunStatus, Stage, StageName, StageStatus

# Any number, ours alone in this database: reports are stored one after another.
REPORTS_LOCK = 0x626F617264
STAGE_POSITIONS = {name: position for position, name in enumerate(StageName.values)}
STAGE_PROGRESS = {StageStatus.PENDING: 0, StageStatus.RUNNING: 1}
ENDED = 2


class Report(TypedDict, total=False):
    """A validated report."""

    runs: list[dict[str, Any]]
    releases: list[dict[str, Any]]
    deployments: list[dict[str, Any]]


def store(report: Report) -> dict[str, int]:
    """Store all of a report or nothing; return how many of each it held."""
    with transaction.atomic():
        lock_reports()
        store_runs(report.get("runs", []))
        # A run that deploys a release tells of it too: it belongs to the run that did so first.
        upsert(Release, [Release(**item) for item in report.get("releases", [])], keep=("run",))
        upsert(Deployment, [Deployment(**item) for item in report.get("deployments", [])])
        transaction.on_commit(metrics.forget)
    return {name: len(report.get(name, [])) for name in ("runs", "releases", "deployments")}


def lock_reports() -> None:
    """Wait for other reports until this transaction ends.

    Whether a post is older than what is stored is known only by looking first, and two posts that
    look at the same time would both see nothing.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [REPORTS_LOCK])


def store_runs(items: list[dict[str, Any]]) -> None:
    """Store runs and their stages, except posts older than what is known."""
    current = drop_stale_runs(items)
    columns = [{k: v for k, v in item.items() if k != "stages"} for item in current.values()]
    upsert(Run, [Run(**values) for values in columns])
    store_stages(current)


def drop_stale_runs(items: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Return the newest post of each run; one that ended never runs again."""
    ids = {item["id"] for item in items}
    ended = set(
        Run.objects.filter(id__in=ids)
        .exclude(status=RunStatus.RUNNING)
        .values_list("id", flat=True)
    )
    current: dict[str, dict[str, Any]] = {}
    for item in items:
        if item["status"] != RunStatus.RUNNING:
            ended.add(item["id"])
        elif item["id"] in ended:
            continue
        current[item["id"]] = item
    return current


def store_stages(runs: dict[str, dict[str, Any]]) -> None:
    """Store the stages of runs; a stage never goes back to where it was."""
    stored = Stage.objects.filter(run_id__in=runs).values_list("run_id", "name", "status")
    known = {(run, name): progress(status) for run, name, status in stored}
    stages = [
        Stage(run_id=run["id"], position=STAGE_POSITIONS[values["name"]], **values)
        for run in runs.values()
        for values in run["stages"]
        if progress(values["status"]) >= known.get((run["id"], values["name"]), 0)
    ]
    upsert(Stage, stages, key=("run", "name"))


def progress(status: str) -> int:
    """Rank a stage's status: pending, running, ended."""
    return STAGE_PROGRESS.get(StageStatus(status), ENDED)


def upsert(
    model: type[models.Model],
    rows: list[Any],
    key: tuple[str, ...] = ("id",),
    keep: tuple[str, ...] = (),
) -> None:
    """Insert rows or overwrite those with the same key, but for what is to be kept.

    Of two in one report the later counts.
    """
    # By column, not by name: a reference's name would fetch what it refers to.
    columns = {field.name: field.attname for field in model._meta.concrete_fields}
    newest = {tuple(getattr(row, columns[name]) for name in key): row for row in rows}
    model._default_manager.bulk_create(
        newest.values(),
        update_conflicts=True,
        unique_fields=list(key),
        update_fields=[name for name in columns if name not in ("id", *key, *keep)],
    )
