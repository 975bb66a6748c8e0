"""Reading runs, releases and environments."""

import pytest

from .builders import make_deployment, make_release, make_run, make_stage, moment

pytestmark = pytest.mark.django_db


def test_runs_newest_first_in_pages(post, api):
    post({"runs": [make_run(f"run-{age}", started_at=moment(hours=age)) for age in range(25)]})
    page = api.get("/api/v1/runs/").json()
    assert page["count"] == 25 and page["previous"] is None and "offset=20" in page["next"]
    assert [run["id"] for run in page["results"]] == [f"run-{age}" for age in range(20)]
    page = api.get("/api/v1/runs/?limit=2&offset=23").json()
    assert [run["id"] for run in page["results"]] == ["run-23", "run-24"]
    assert page["next"] is None
    assert api.get(f"/api/v1/runs/?offset={10**30}").json()["results"] == []


def test_pages_are_bounded(post, api):
    post({"runs": [make_run(f"run-{number}", stages=[]) for number in range(120)]})
    assert len(api.get("/api/v1/runs/?limit=100000").json()["results"]) == 100


def test_runs_of_a_branch(post, api):
    post({"runs": [make_run("a"), make_run("b", branch="feature/x")]})
    assert [run["id"] for run in api.get("/api/v1/runs/?branch=feature/x").json()["results"]] == [
        "b"
    ]
    assert api.get("/api/v1/runs/?branch=none").json()["count"] == 0
    assert api.get("/api/v1/runs/?branch=").json()["count"] == 2
    assert api.get("/api/v1/runs/?branch=a%00b").status_code == 400


def test_stages_in_pipeline_order(post, api):
    names = ["production", "e2e", "build", "staging", "test", "publish"]
    post({"runs": [make_run(stages=[make_stage(name) for name in names])]})
    stages = api.get("/api/v1/runs/run-1/").json()["stages"]
    expected = ["build", "test", "publish", "staging", "e2e", "production"]
    assert [stage["name"] for stage in stages] == expected


@pytest.mark.parametrize(
    "path", ["runs/none/", "releases/none/", "runs/a%00b/", "nothing/", "runs/a/b/"]
)
def test_what_does_not_exist(api, path):
    response = api.get(f"/api/v1/{path}")
    assert response.status_code == 404
    assert response.json()["detail"]


@pytest.mark.parametrize("odd", ["1.0.0-abc.dirty", "2026-01-01T00:00:00+02:00", "a@b=c~d"])
def test_odd_ids_have_addresses(post, api, odd):
    post({"runs": [make_run(odd)], "releases": [make_release(odd)]})
    assert api.get(f"/api/v1/runs/{odd}/").json()["id"] == odd
    assert api.get(f"/api/v1/releases/{odd}/").json()["id"] == odd


def test_releases_newest_first(post, api):
    post({"releases": [make_release(f"r{age}", created_at=moment(hours=age)) for age in (2, 0, 1)]})
    found = api.get("/api/v1/releases/").json()
    assert [release["id"] for release in found["results"]] == ["r0", "r1", "r2"]


def deploy(age: int, release: str, environment: str = "production", **changes) -> dict:
    """Return a deployment some hours ago."""
    times = {"started_at": moment(hours=age, seconds=30), "finished_at": moment(hours=age)}
    name = f"{environment}-{age}"
    return make_deployment(name, release=release, environment=environment, **times, **changes)


def test_no_environments(api):
    assert api.get("/api/v1/environments/").json() == []


def test_environments_in_order_with_their_releases(post, api):
    deployments = [deploy(1, "r2", name) for name in ("production", "alpha", "staging")]
    post({"releases": [make_release("r2")], "deployments": deployments})
    found = api.get("/api/v1/environments/").json()
    assert [item["name"] for item in found] == ["staging", "production", "alpha"]
    assert found[0]["release"] == make_release("r2")
    assert found[0]["deployed_at"] == moment(hours=1)
    assert found[0]["previous"] is None
    assert found[0]["deployments"] == [deployments[2]]


def test_what_failed_does_not_serve(post, api):
    deployments = [
        deploy(9, "r1", url="http://old.example.com"),
        deploy(8, "r2", url="http://new.example.com"),
        deploy(7, "r2"),
        deploy(6, "r3", outcome="undone"),
        deploy(5, "r4", outcome="failed"),
        deploy(4, "r2", url="http://now.example.com"),
        deploy(3, "r5", outcome="failed", url="http://broken.example.com"),
    ]
    post({"releases": [make_release(f"r{n}") for n in range(1, 6)], "deployments": deployments})
    (found,) = api.get("/api/v1/environments/").json()
    assert (found["release"]["id"], found["previous"]) == ("r2", "r1")
    assert found["deployed_at"] == moment(hours=4)
    assert found["url"] == "http://now.example.com"
    shown = [item["id"] for item in found["deployments"]]
    assert shown == [f"production-{age}" for age in (3, 4, 5, 6, 7)]


def test_after_a_rollback_the_release_rolled_back_is_the_previous(post, api):
    post({"deployments": [deploy(3, "r1"), deploy(2, "r2"), deploy(1, "r1", action="rollback")]})
    (found,) = api.get("/api/v1/environments/").json()
    assert found["previous"] == "r2"


def test_an_environment_that_never_served(post, api):
    post({"deployments": [deploy(1, "r1", outcome="failed")]})
    (found,) = api.get("/api/v1/environments/").json()
    assert found["release"] is found["deployed_at"] is found["previous"] is None
    assert found["url"] == "http://127.0.0.1:8080"


def test_reading_takes_the_same_queries_however_much_there_is(post, api, django_assert_num_queries):
    runs = [make_run(f"run-{number}") for number in range(20)]
    releases = [make_release(f"r{number}") for number in range(20)]
    deployments = [
        deploy(age, f"r{age}", name)
        for age in range(20)
        for name in ("staging", "production", "qa")
    ]
    post({"runs": runs, "releases": releases, "deployments": deployments})
    expected = {"runs/": 3, "runs/run-1/": 2, "releases/": 2, "releases/r1/": 1, "environments/": 3}
    for path, queries in expected.items():
        with django_assert_num_queries(queries):
            assert api.get(f"/api/v1/{path}").status_code == 200
    with django_assert_num_queries(2):
        assert api.get("/api/v1/metrics/").status_code == 200
