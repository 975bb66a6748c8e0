"""Delivery metrics."""

from datetime import timedelta

import pytest
from django.core.cache import cache
from django.utils import timezone

from board import metrics

from .builders import make_deployment, make_release, make_run, moment

pytestmark = pytest.mark.django_db


def get(api, days: int = 30) -> dict:
    response = api.get(f"/api/v1/metrics/?days={days}")
    assert response.status_code == 200
    return response.json()


def deploy(number: int, days: float, **changes) -> dict:
    """Return a deployment of its own release some days ago."""
    times = {"started_at": moment(days=days, seconds=30), "finished_at": moment(days=days)}
    return make_deployment(f"d{number}", **({"release": f"r{number}"} | times | changes))


def test_nothing_to_measure(api):
    found = get(api, 7)
    daily = found.pop("daily")
    assert found == {
        "days": 7,
        "deployments_per_week": 0,
        "change_failure_rate": None,
        "median_lead_time_seconds": None,
        "median_run_seconds": None,
        "runs_passed": 0,
        "runs_failed": 0,
    }
    today = timezone.now().date()
    dates = [str(today - timedelta(days=age)) for age in range(6, -1, -1)]
    assert daily == [{"date": day, "deployments": 0, "failures": 0} for day in dates]


def test_deployments_and_failures(post, api):
    deployments = [
        deploy(1, 0),
        deploy(2, 1),
        deploy(3, 1, action="promote"),
        deploy(4, 2, outcome="undone"),
        deploy(5, 3, outcome="failed"),
        deploy(6, 3, action="rollback"),
        deploy(7, 3, action="rollback", outcome="failed"),
        deploy(8, 3, environment="staging"),
        deploy(9, 40),
    ]
    post({"deployments": deployments})
    found = get(api, 14)
    assert found["deployments_per_week"] == 1.5
    assert found["change_failure_rate"] == pytest.approx(3 / 5)
    days = {day["date"]: (day["deployments"], day["failures"]) for day in found["daily"]}
    counted = [days[moment(days=age)[:10]] for age in range(4)]
    assert counted == [(1, 0), (2, 0), (0, 1), (0, 2)]
    assert get(api, 90)["deployments_per_week"] == pytest.approx(4 * 7 / 90, abs=0.01)


def test_more_rollbacks_than_changes(post, api):
    post({"deployments": [deploy(1, 1)] + [deploy(n, 1, action="rollback") for n in (2, 3)]})
    assert get(api)["change_failure_rate"] == 1


def test_lead_time_is_from_the_run_to_the_first_time_in_production(post, api):
    post(
        {
            "runs": [make_run("a", started_at=moment(days=2))],
            "releases": [
                make_release("r1", run="a"),
                make_release("r2", run="gone", created_at=moment(days=1, hours=1)),
            ],
            "deployments": [
                deploy(1, 1),
                deploy(2, 1),
                deploy(3, 0.5, release="r1"),
                deploy(4, 0.5, release="unknown"),
            ],
        }
    )
    assert get(api)["median_lead_time_seconds"] == (24 * 3600 + 3600) / 2


def test_runs_that_ended_by_themselves(post, api):
    def run(name: str, status: str, seconds: int, days: float = 1) -> dict:
        started = moment(days=days)
        ended = moment(days=days, seconds=-seconds)
        finished = None if status == "running" else ended
        return make_run(name, status, started_at=started, finished_at=finished)

    post(
        {
            "runs": [
                run("a", "passed", 100),
                run("b", "passed", 300),
                run("c", "failed", 200),
                run("d", "cancelled", 9000),
                run("e", "running", 0),
                run("f", "passed", 9000, days=31),
            ]
        }
    )
    found = get(api)
    assert (found["runs_passed"], found["runs_failed"]) == (2, 1)
    assert found["median_run_seconds"] == 200


def test_a_clock_that_was_set_back(post, api):
    post({"runs": [make_run(started_at=moment(seconds=10), finished_at=moment(seconds=60))]})
    assert get(api)["median_run_seconds"] == 0


@pytest.mark.parametrize("days", ["0", "-1", "366", "x", "1.5", "9" * 5000])
def test_bad_days(api, days):
    response = api.get(f"/api/v1/metrics/?days={days}")
    assert response.status_code == 400
    assert "days" in response.json()


def test_metrics_are_cached_until_the_next_report(
    post, api, django_assert_num_queries, django_capture_on_commit_callbacks
):
    assert get(api)["runs_passed"] == 0
    with django_assert_num_queries(0):
        get(api)
    with django_capture_on_commit_callbacks(execute=True):
        post({"runs": [make_run()]})
    assert get(api)["runs_passed"] == 1


def test_keys_of_parallel_workers_differ(settings):
    prefix = settings.CACHES["default"]["KEY_PREFIX"]
    assert prefix.startswith("board-test-")
    assert cache.make_key(metrics.GENERATION_KEY).startswith(prefix)
