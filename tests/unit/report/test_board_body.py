import json
from collections.abc import Callable
from typing import Any

import pytest

from shiplane.report.board import reports
from shiplane.report.board_body import DETAIL_LIMIT

Records = Callable[..., list[dict[str, Any]]]


def test_a_run_that_passed(records: Records) -> None:
    body = reports(records())
    assert {key: value for key, value in body["runs"][0].items() if key != "stages"} == {
        "id": "run-12",
        "number": 12,
        "event": "push",
        "branch": "main",
        "commit": "664a230c1f2e9b7d8a6c5e4f3d2c1b0a99887766",
        "message": "Show deploys\n\nAll.",
        "author": "Ada",
        "target": "lab",
        "status": "passed",
        "started_at": "2026-11-24T01:00:01.000Z",
        "finished_at": "2026-11-24T01:00:33.000Z",
    }
    assert body["runs"][0]["stages"][0] == {
        "name": "build",
        "status": "passed",
        "started_at": "2026-11-24T01:00:02.000Z",
        "finished_at": "2026-11-24T01:00:05.000Z",
        "seconds": 34.1,
        "detail": "",
    }
    release, images = body["releases"][0], body["releases"][0]["images"]
    assert set(release) == {"id", "version", "commit", "branch", "dirty", "created_at", "run", "images"}
    assert (release["run"], list(images), set(images["backend"])) == (
        "run-12",
        ["backend", "frontend"],
        {"reference", "digest"},
    )
    assert body["deployments"][1] == {
        "id": "run-12-production",
        "environment": "production",
        "url": "http://127.0.0.1:8082",
        "release": "1.0.0-664a230c1f2e",
        "run": "run-12",
        "action": "promote",
        "outcome": "deployed",
        "started_at": "2026-11-24T01:00:40.000Z",
        "finished_at": "2026-11-24T01:00:50.000Z",
    }


def test_a_release_that_was_published_elsewhere_is_told_with_its_deployment(records: Records) -> None:
    known = [record for record in records() if record["kind"] != "release_published"]
    assert reports(known)["releases"] == []
    [manifest] = [record["release"] for record in records() if record["kind"] == "release_published"]
    told = [{**record, "manifest": manifest} if record["kind"] == "deployed" else record for record in known]
    body = reports(told)
    assert body["releases"] == reports(records())["releases"]
    assert [set(each) for each in body["deployments"]] == [set(body["deployments"][0])] * 2
    assert "manifest" not in body["deployments"][0]


def test_what_has_not_started_is_pending(records: Records) -> None:
    run = reports(records()[:3])["runs"][0]
    assert (run["status"], run["finished_at"]) == ("running", None)
    assert [stage["status"] for stage in run["stages"]] == ["running", *["pending"] * 5]
    assert run["stages"][1] == {
        "name": "test",
        "status": "pending",
        "started_at": None,
        "finished_at": None,
        "seconds": None,
        "detail": "",
    }


def test_nothing_is_pending_after_the_end(records: Records) -> None:
    stages = reports(records("e2e.playwright"))["runs"][0]["stages"]
    assert [stage["status"] for stage in stages] == ["passed"] * 4 + ["failed", "skipped"]
    assert stages[-1]["seconds"] is None
    assert stages[4]["detail"].startswith(
        "e2e.playwright: 2 of 14 tests failed\nfix: run: .venv/bin/nox -s e2e\nline 0\n"
    )


def test_posts_grow_and_never_contradict(records: Records) -> None:
    ranks = {"pending": 0, "running": 1}
    before = [0] * 6
    for count in range(1, len(records()) + 1):
        now = [ranks.get(stage["status"], 2) for stage in reports(records()[:count])["runs"][0]["stages"]]
        assert all(new >= old for new, old in zip(now, before, strict=True))
        before = now


@pytest.mark.parametrize("failing", [("test.backend",), ("test.backend", "test.frontend")])
def test_details_are_cut_and_every_failure_is_named(records: Records, failing: tuple[str, ...]) -> None:
    long = [f"\x1b[31mline {number}\x00 {'ü' * 300}" for number in range(30)]
    told = [
        {**r, "status": "failed", "cause": "no", "details": long} if r.get("step") in failing and "status" in r else r
        for r in records()
    ]
    detail = reports(told)["runs"][0]["stages"][1]["detail"]
    assert len(detail) <= DETAIL_LIMIT
    assert all(f"{step}: no" in detail for step in failing)
    assert detail.count("\n…\n") == len(failing)
    assert detail.endswith("ü")
    assert not set(detail) & {"\x1b", "\x00"}


def test_what_the_board_would_refuse_is_left_out(records: Records) -> None:
    first, *rest = records()
    event = {**first["event"], "branch": ""}
    first = {**first, "event": event, "author": "A\x00" * 400, "message": "m\ud800\n" * 20_000}
    body = reports([first, *rest, {"kind": "stage_started", "at": "", "stage": "undo"}])
    run = body["runs"][0]
    assert (run["branch"], len(run["author"]), len(run["message"])) == ("(no branch)", 255, 10_000)
    assert "undo" not in [stage["name"] for stage in run["stages"]]
    assert "\\ud" not in json.dumps(body)


def test_no_run_is_no_report() -> None:
    assert reports([]) == {"runs": [], "releases": [], "deployments": []}
