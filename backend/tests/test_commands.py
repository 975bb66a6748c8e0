"""Management commands, the task and the schema."""

from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from board.models import Deployment, Release, Run, Stage
from board.tasks import prune_runs
from config.celery import app

from .builders import make_run, moment

pytestmark = pytest.mark.django_db


def call(*words, **options) -> str:
    out = StringIO()
    call_command(*words, stdout=out, **options)
    return out.getvalue()


def test_seed_twice(api):
    assert "12 runs" in call("seed")
    models = (Run, Stage, Release, Deployment)
    before = [list(model.objects.order_by("pk").values()) for model in models]
    assert "nothing to do" in call("seed")
    assert [list(model.objects.order_by("pk").values()) for model in models] == before
    assert set(Run.objects.values_list("status", flat=True)) == {
        "running",
        "passed",
        "failed",
        "cancelled",
    }
    found = api.get("/api/v1/environments/").json()
    assert [item["name"] for item in found] == ["staging", "production"]
    assert all(item["release"] and item["previous"] for item in found)
    measured = api.get("/api/v1/metrics/").json()
    assert measured["change_failure_rate"] > 0 and measured["median_lead_time_seconds"] > 0


def test_seeded_times_fit_together():
    call("seed")
    now = timezone.now() + timedelta(minutes=1)
    for run in Run.objects.prefetch_related("stages"):
        assert run.started_at <= (run.finished_at or now) <= now
        assert (run.status == "running") == (run.finished_at is None)
        assert all(stage.finished_at <= now for stage in run.stages.all() if stage.finished_at)
    missing = Deployment.objects.exclude(release_id__in=Release.objects.values("id"))
    assert not missing.exists()


def test_seed_is_not_for_production(settings):
    settings.SEED_ALLOWED = False
    with pytest.raises(CommandError, match="development"):
        call("seed")
    assert not Run.objects.exists()


def test_prune_keeps_the_newest(post):
    runs = [make_run(f"run-{age}", started_at=moment(hours=age)) for age in range(5)]
    post({"runs": runs})
    assert "deleted 3 runs" in call("prune", keep=2)
    assert set(Run.objects.values_list("id", flat=True)) == {"run-0", "run-1"}
    assert Stage.objects.count() == 4
    assert "deleted 0 runs" in call("prune")


def test_prune_keeps_at_least_one():
    with pytest.raises(CommandError, match="--keep 0"):
        call("prune", keep=0)


def test_the_task_prunes(post, settings):
    settings.BOARD_RUNS_KEPT = 1
    post({"runs": [make_run("a"), make_run("b")]})
    assert prune_runs.apply().get() == 1
    (entry,) = app.conf.beat_schedule.values()
    assert entry["task"] == prune_runs.name
    assert prune_runs.name in app.tasks


def test_the_schema_is_complete():
    call("spectacular", "--validate", "--fail-on-warn")


def test_the_schema_is_served(api):
    response = api.get("/api/v1/schema/?format=json")
    assert response.status_code == 200
    assert set(response.json()["paths"]) == {
        f"/api/v1/{path}"
        for path in (
            "health/",
            "status/",
            "reports/",
            "runs/",
            "runs/{id}/",
            "releases/",
            "releases/{id}/",
            "environments/",
            "metrics/",
        )
    }


def test_no_migration_is_missing():
    call("makemigrations", "--check", "--dry-run")
