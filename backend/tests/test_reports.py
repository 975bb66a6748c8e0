"""Storing reports: once, whole, and never backwards."""

import pytest

from board.models import Deployment, Release, Run, Stage

from .builders import make_deployment, make_release, make_report, make_run, make_stage

pytestmark = pytest.mark.django_db


def everything() -> list[list[dict]]:
    return [
        list(model.objects.order_by("pk").values()) for model in (Run, Stage, Release, Deployment)
    ]


def test_a_report_is_stored_and_counted(post):
    response = post(make_report())
    assert (response.status_code, response.json()) == (
        200,
        {"runs": 1, "releases": 1, "deployments": 1},
    )
    assert [len(rows) for rows in everything()] == [1, 2, 1, 1]


def test_posting_again_changes_nothing(post):
    post(make_report())
    before = everything()
    assert post(make_report()).json() == {"runs": 1, "releases": 1, "deployments": 1}
    assert everything() == before


@pytest.mark.parametrize("body", [{}, {"runs": []}, {"runs": [], "unknown": 1}])
def test_an_empty_report_is_one(post, body):
    assert post(body).json() == {"runs": 0, "releases": 0, "deployments": 0}


def test_what_a_newer_pipeline_adds_is_ignored(post):
    assert post(make_report(runs=[make_run(queue="fast")])).status_code == 200


def test_what_is_read_is_what_was_posted(post, api):
    run = make_run(message="ä\n\nline", stages=[make_stage("build", seconds=1.5, detail=" x ")])
    post(make_report(runs=[run], releases=[make_release()]))
    assert api.get("/api/v1/runs/run-1/").json() == run
    assert api.get("/api/v1/releases/1.0.0-0123456789ab/").json() == make_release()


def test_a_run_goes_on(post):
    running = make_run(status="running", stages=[make_stage("build", "running")])
    ended = make_run(status="failed", stages=[make_stage("build", "failed", detail="no disk")])
    post(make_report(runs=[running]))
    post(make_report(runs=[ended]))
    assert Run.objects.get().status == "failed"
    assert Run.objects.get().finished_at is not None
    assert (Stage.objects.get().status, Stage.objects.get().detail) == ("failed", "no disk")


def test_a_run_that_ended_does_not_run_again(post):
    post(make_report())
    before = everything()
    late = make_run(status="running", message="late", stages=[make_stage("build", "running")])
    assert post(make_report(runs=[late])).json()["runs"] == 1
    assert everything() == before


def test_a_stage_does_not_go_back(post):
    post(make_report(runs=[make_run(status="running", stages=[make_stage("build", "passed")])]))
    late = [make_stage("build", "running"), make_stage("test", "pending")]
    post(make_report(runs=[make_run(status="running", stages=late)]))
    assert dict(Stage.objects.values_list("name", "status")) == {
        "build": "passed",
        "test": "pending",
    }


@pytest.mark.parametrize("order", [("running", "passed"), ("passed", "running")])
def test_one_report_may_hold_a_run_twice(post, order):
    runs = [make_run(status=status) for status in order]
    assert post(make_report(runs=runs)).json()["runs"] == 2
    assert Run.objects.get().status == "passed"


def test_a_deployment_may_come_before_its_release(post, api):
    post(make_report(deployments=[make_deployment()]))
    (environment,) = api.get("/api/v1/environments/").json()
    assert environment["release"] is None
    post(make_report(releases=[make_release()]))
    (environment,) = api.get("/api/v1/environments/").json()
    assert environment["release"]["id"] == "1.0.0-0123456789ab"


def test_a_release_stays_with_the_run_that_told_of_it_first(post):
    post(make_report(releases=[make_release(run="run-1")]))
    post(make_report(releases=[make_release(run="run-2", version="2.0.0")]))
    release = Release.objects.get()
    assert (release.run_id, release.version) == ("run-1", "2.0.0")


def test_a_bad_item_stores_nothing(post):
    report = make_report() | {"deployments": [make_deployment(outcome="fine")]}
    assert post(report).status_code == 400
    assert everything() == [[], [], [], []]


def test_a_report_takes_few_queries(post, django_assert_max_num_queries):
    runs = [make_run(f"run-{number}") for number in range(30)]
    releases = [make_release(f"release-{number}") for number in range(30)]
    with django_assert_max_num_queries(12):
        assert post({"runs": runs, "releases": releases}).status_code == 200
    assert Stage.objects.count() == 60
