from typing import Any

import pytest

from shiplane.report.status_text import render_lab, render_releases, render_status, render_versions

STATUS: dict[str, Any] = {
    "environment": "staging",
    "url": "http://127.0.0.1:8081",
    "release": "1.0.0-664a230c1f2e",
    "commit": "664a230c1f2e9b7d8a6c5e4f3d2c1b0a99887766",
    "deployed_at": "2026-11-24T01:00:50.000Z",
    "services": {
        "db": {
            "image": "postgres:17",
            "digest": "sha256:" + "ab12" * 16,
            "state": "running",
            "health": "healthy",
            "replicas": 1,
        },
        "backend": {
            "image": "127.0.0.1:5001/acme/app-backend:1.0.0-664a230c1f2e@sha256:" + "cd34" * 16,
            "digest": "sha256:" + "cd34" * 16,
            "state": "running",
            "health": "unhealthy",
            "replicas": 10,
        },
        "celery": {"image": None, "digest": None, "state": "exited", "health": "", "replicas": 0},
    },
}


def test_status() -> None:
    assert render_status(STATUS).splitlines() == [
        "staging · http://127.0.0.1:8081",
        "release 1.0.0-664a230c1f2e · commit 664a230c1f2e · deployed 2026-11-24 01:00 UTC",
        "",
        "   service  state    health     replicas  restarts  runs                            digest",
        "✓  db       running  healthy           1         0  postgres:17                     ab12ab12ab12",
        "✓  backend  running  unhealthy        10         0  app-backend:1.0.0-664a230c1f2e  cd34cd34cd34",
        "✗  celery   exited   -                 0         0  -                               -",
    ]


def test_status_for_people_says_more() -> None:
    services = {
        "db": {**STATUS["services"]["db"], "well": 1, "restarts": 0, "releases": []},
        "backend": {**STATUS["services"]["backend"], "well": 2, "replicas": 3, "restarts": 12, "releases": ["b" * 12]},
    }
    attempt = {"title": "let two\nserve", "code": ""}
    lines = render_status({**STATUS, "services": services, "attempt": attempt, "maintenance": {}}).splitlines()
    assert lines[2:] == [
        "closed for maintenance; open it: invoke maintenance.off --env staging",
        "unfinished: 'let two serve' goes on, or was cut off; the next deploy goes on from there",
        "",
        "   service  state    health     replicas  restarts  runs          digest",
        "✓  db       running  healthy           1         0  postgres:17   ab12ab12ab12",
        "✗  backend  running  unhealthy    2 of 3        12  bbbbbbbbbbbb  cd34cd34cd34",
    ]
    assert max(map(len, lines[4:])) <= 80
    attempt["code"] = "7"
    assert "unfinished: 'let two serve' ended with 7" in render_status({**STATUS, "attempt": attempt})
    assert "damaged: one has no manifest that can be read; deploying it mends it" in render_status(
        {**STATUS, "damaged": ["one"]}
    )


@pytest.mark.parametrize(
    ("said", "since"),
    [
        ({"since": "2026-01-01T00:00:00.000Z", "who": "ada@laptop"}, " since 2026-01-01 00:00 UTC, by ada@laptop"),
        ({}, ""),
    ],
)
def test_status_of_a_closed_environment(said: dict[str, str], since: str) -> None:
    lines = render_status({"environment": "staging", "url": "https://s", "release": None, "maintenance": said})
    assert f"closed for maintenance{since}; open it: invoke maintenance.off --env staging" in lines.splitlines()


@pytest.mark.parametrize("release", [None, ""])
def test_status_of_an_empty_environment(release: str | None) -> None:
    empty = {**STATUS, "release": release, "services": {}, "url": None}
    assert render_status(empty) == "staging · no address\nnothing is deployed"


def test_releases() -> None:
    rows = [
        {"release": "1.1.0-bbbbbbbbbbbb", "commit": "b" * 40, "deployed_at": "2026-11-24T02:00:00Z", "current": True},
        {"release": "1.0.0-aaaaaaaaaaaa", "commit": "a" * 40, "deployed_at": None, "current": False},
    ]
    assert render_releases(rows).splitlines() == [
        "   release             commit        deployed",
        "→  1.1.0-bbbbbbbbbbbb  bbbbbbbbbbbb  2026-11-24 02:00 UTC",
        "   1.0.0-aaaaaaaaaaaa  aaaaaaaaaaaa  -",
        "",
        "→ serves now; back to another: invoke rollback --env E --to R",
    ]
    assert render_releases([]) == "no releases: nothing was deployed here yet"


LAB: dict[str, Any] = {
    "registry": "127.0.0.1:5001",
    "stand_in_images": {"redis:8": "Debian's redis 8", "postgres:17": "Debian's postgresql-17"},
    "servers": [
        {
            "name": "lab-staging",
            "environment": "staging",
            "host": "127.0.0.1",
            "port": 2201,
            "user": "deploy",
            "key_file": ".shiplane/lab/id_ed25519",
        },
    ],
    "environments": {"staging": "http://127.0.0.1:8081", "production": "http://127.0.0.1:8082"},
}


def test_lab() -> None:
    assert render_lab(LAB).splitlines() == [
        "registry  127.0.0.1:5001",
        "base images are stand-ins, for the lab only:",
        "  postgres:17  Debian's postgresql-17",
        "  redis:8      Debian's redis 8",
        "",
        "server       environment  address         user    key file",
        "lab-staging  staging      127.0.0.1:2201  deploy  .shiplane/lab/id_ed25519",
        "",
        "staging     http://127.0.0.1:8081",
        "production  http://127.0.0.1:8082",
    ]


@pytest.mark.parametrize(
    ("images", "line"),
    [
        (True, "base images are stand-ins, for the lab only"),
        (["nginx:1.30", "redis:8"], "base images are stand-ins, for the lab only: nginx:1.30, redis:8"),
        (False, ""),
        ([], ""),
    ],
)
def test_stand_ins(images: object, line: str) -> None:
    assert render_lab({**LAB, "stand_in_images": images}).splitlines()[1] == line


@pytest.mark.parametrize("nothing", [{}, {"registry": None, "servers": [], "environments": {}}])
def test_lab_that_is_down(nothing: dict[str, Any]) -> None:
    assert render_lab(nothing) == "the lab is not up; start it: invoke lab.up"


def test_versions() -> None:
    files = {"backend": {"version": "1.0.0", "file": "backend/config/__init__.py"}, "frontend": {"version": "2.1.0"}}
    assert render_versions(files) == "backend   1.0.0  backend/config/__init__.py\nfrontend  2.1.0"
    assert render_versions({"backend": "1.0.0"}) == "backend  1.0.0"
    assert render_versions({}) == "no components are configured"
