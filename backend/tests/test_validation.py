"""Bad reports: refused, with the path of what is wrong."""

import json

import pytest
from django.conf import settings

from board.models import Run

from .builders import make_deployment, make_release, make_run, make_stage

pytestmark = pytest.mark.django_db

BAD_RUN = {
    "id": ["", 5, None, "a/b", "a b", "../x", "x" * 201, "a\n", "\ud800"],
    "number": ["5", 1.5, True, -1, None, 2**31, 10**30],
    "event": ["deploy", "", 1, None, ["push"], {}],
    "branch": ["", None, 3, "x" * 256, "a\0b"],
    "commit": ["", "xyz", "0123456789ABCDEF", "abc", 5],
    "message": [None, 5, "a\0b"],
    "author": [None, 5],
    "target": ["cloud"],
    "status": ["pending", "done", None],
    "started_at": [None, "", 5, "yesterday", "2026-01-01T00:00:00", "2026-13-01T00:00:00Z"],
    "finished_at": ["", 0, "0001-01-01T00:00:00+14:00", "2026-01-01"],
    "stages": [None, {}, "build"],
}
BAD_STAGE = {
    "name": ["deploy", "Build", "", None, 1],
    "status": ["done", None],
    "started_at": ["soon"],
    "finished_at": [1],
    "seconds": ["1", -1, True, 10**400, 2**40],
    "detail": [None, 1],
}
BAD_RELEASE = {
    "id": [""],
    "version": ["", None, 1],
    "dirty": ["true", 1, None],
    "created_at": [None],
    "run": [None, ""],
    "images": [None, [], "x"],
}
BAD_DEPLOYMENT = {
    "environment": ["", "Staging", "a/b", None],
    "url": [
        "",
        "javascript:alert(1)",
        "ftp://x",
        "http://",
        "http://u:p@x",
        "http://[x",
        "http://a b",
    ],
    "release": [None, 1],
    "run": [None],
    "action": ["undo"],
    "outcome": ["passed"],
    "finished_at": [None],
}


def cases(bad: dict[str, list]) -> list[tuple]:
    return [(name, value) for name, values in bad.items() for value in values]


def problem(response) -> str:
    """Return the path of the first problem of a 400."""
    body = response.json()
    assert response.status_code == 400, body
    assert body["errors"][0]["path"] in body["detail"]
    assert body["errors"][0]["message"]
    return body["errors"][0]["path"]


@pytest.mark.parametrize(("name", "value"), cases(BAD_RUN))
def test_bad_run(post, name, value):
    path = problem(post({"runs": [make_run(), make_run(**{name: value})]}))
    assert path == f"runs[1].{name}"
    assert not Run.objects.exists()


@pytest.mark.parametrize(("name", "value"), cases(BAD_STAGE))
def test_bad_stage(post, name, value):
    stages = [make_stage("build"), make_stage("test") | {name: value}]
    assert problem(post({"runs": [make_run(stages=stages)]})) == f"runs[0].stages[1].{name}"


@pytest.mark.parametrize(("name", "value"), cases(BAD_RELEASE))
def test_bad_release(post, name, value):
    assert problem(post({"releases": [make_release(**{name: value})]})) == f"releases[0].{name}"


@pytest.mark.parametrize(("name", "value"), cases(BAD_DEPLOYMENT))
def test_bad_deployment(post, name, value):
    deployment = make_deployment(**{name: value})
    assert problem(post({"deployments": [deployment]})) == f"deployments[0].{name}"


@pytest.mark.parametrize("kind", ["runs", "releases", "deployments"])
def test_every_field_is_required(post, kind):
    make = {"runs": make_run, "releases": make_release, "deployments": make_deployment}[kind]
    for name in make():
        item = {key: value for key, value in make().items() if key != name}
        assert problem(post({kind: [item]})) == f"{kind}[0].{name}"


@pytest.mark.parametrize(
    ("images", "path"),
    [
        ({"backend": "x"}, "releases[0].images.backend"),
        ({"backend": {"reference": "x"}}, "releases[0].images.backend.digest"),
        (
            {"backend": {"reference": "x", "digest": "sha256:abc"}},
            "releases[0].images.backend.digest",
        ),
        (
            {"back end": {"reference": "x", "digest": "sha256:" + "a" * 64}},
            "releases[0].images.back end",
        ),
    ],
)
def test_bad_images(post, images, path):
    assert problem(post({"releases": [make_release(images=images)]})) == path


def test_a_stage_named_twice(post):
    stages = [make_stage("build"), make_stage("test"), make_stage("build")]
    assert problem(post({"runs": [make_run(stages=stages)]})) == "runs[0].stages[0].name"


@pytest.mark.parametrize(
    ("body", "path"), [({"runs": {}}, "runs"), ({"runs": [5]}, "runs[0]"), ([], ""), (5, "")]
)
def test_bad_shape(post, body, path):
    assert problem(post(body)) == path


@pytest.mark.parametrize(
    "text", ["", "{", "nope", '{"runs": NaN}', "[" * 200_000, b"\xff\xfe", '{"runs": 1e999']
)
def test_what_is_not_json(writer, text):
    response = writer.post("/api/v1/reports/", text, content_type="application/json")
    assert response.status_code == 400
    assert response.json()["detail"]


def test_infinity_is_no_duration(writer):
    stage = json.dumps(make_stage(seconds=1)).replace('"seconds": 1', '"seconds": 1e999')
    body = json.dumps({"runs": [make_run(stages=[])]}).replace(
        '"stages": []', f'"stages": [{stage}]'
    )
    response = writer.post("/api/v1/reports/", body, content_type="application/json")
    assert problem(response) == "runs[0].stages[0].seconds"


def test_another_media_type(writer):
    response = writer.post("/api/v1/reports/", "runs=1", content_type="text/plain")
    assert response.status_code == 415


def test_too_large_a_report(post, writer):
    limit = settings.BOARD_REPORT_MAX_BYTES
    frame = len(json.dumps({"runs": [], "fill": ""}))
    largest = json.dumps({"runs": [], "fill": "x" * (limit - frame)})
    assert len(largest) == limit
    send = {"content_type": "application/json"}
    assert writer.post("/api/v1/reports/", largest, **send).status_code == 200
    response = writer.post("/api/v1/reports/", largest + " ", **send)
    assert response.status_code == 413
    assert str(limit) in response.json()["detail"]


def test_long_texts_are_cut(post):
    stages = [make_stage(detail="d" * 30_000)]
    assert post({"runs": [make_run(message="m" * 30_000, stages=stages)]}).status_code == 200
    assert len(Run.objects.get().message) == len(Run.objects.get().stages.get().detail) == 20_000


def test_many_problems_are_not_all_listed(post):
    response = post({"runs": [{} for _ in range(50)]})
    assert len(response.json()["errors"]) == 20
