"""Reports that arrive at the same moment."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection
from rest_framework.test import APIClient

from board.models import Deployment, Release, Run, Stage

from .builders import make_report, make_run, make_stage

pytestmark = pytest.mark.django_db(transaction=True)


def post_together(writer: APIClient, bodies: list[dict]) -> list[int]:
    """Post every body from a thread of its own, all at once."""
    barrier = Barrier(len(bodies))

    def post(body: dict) -> int:
        try:
            barrier.wait(timeout=30)
            return writer.post("/api/v1/reports/", body).status_code
        finally:
            connection.close()

    with ThreadPoolExecutor(len(bodies)) as pool:
        return list(pool.map(post, bodies))


def test_the_same_report_many_times(writer):
    assert post_together(writer, [make_report()] * 8) == [200] * 8
    counts = [model.objects.count() for model in (Run, Stage, Release, Deployment)]
    assert counts == [1, 2, 1, 1]


@pytest.mark.parametrize("attempt", range(3))
def test_the_end_of_a_run_wins_over_its_middle(writer, attempt):
    running = make_report(
        runs=[make_run(status="running", stages=[make_stage("build", "running")])]
    )
    passed = make_report(runs=[make_run(status="passed", stages=[make_stage("build", "passed")])])
    assert post_together(writer, [running, passed] * 4) == [200] * 8
    assert (Run.objects.get().status, Stage.objects.get().status) == ("passed", "passed")


def test_runs_in_another_order_do_not_deadlock(writer):
    runs = [make_run(f"run-{number}") for number in range(20)]
    bodies = [make_report(runs=runs), make_report(runs=runs[::-1])] * 3
    assert post_together(writer, bodies) == [200] * 6
    assert Run.objects.count() == 20
