from __future__ import annotations

import json

import pytest

from shiplane.deploy.containers import repository
from shiplane.deploy.status import status
from shiplane.deploy.survey import parse
from sites import SITE


@pytest.mark.parametrize(
    ("reference", "name"),
    [
        ("registry.test:5000/owner/app-web:1.0@sha256:a", "registry.test:5000/owner/app-web"),
        ("registry.test:5000/owner/app-web", "registry.test:5000/owner/app-web"),
        ("postgres:17", "postgres"),
        ("postgres", "postgres"),
        ("docker.io/library/postgres:17", "postgres"),
        ("docker.io/acme/app-web:1@sha256:a", "acme/app-web"),
    ],
)
def test_repository(reference: str, name: str) -> None:
    assert repository(reference) == name


EDGE = {
    "service": "edge", "once": "False", "hash": "h", "id": "e1", "reference": "r", "image": "sha256:i",
    "state": {"Status": "running", "StartedAt": "2026-01-01T00:00:02.5Z"}, "restarts": 1, "policy": "",
}  # fmt: skip


@pytest.mark.parametrize(
    ("started", "cut_off"),
    [("2026-01-01T00:00:02.400000001Z", True), ("2026-01-01T00:00:02Z", True), ("2026-01-01T00:00:02.6Z", False)],
)
def test_who_shares_the_network_of_one_that_was_started_again_is_cut_off(started: str, cut_off: bool) -> None:  # noqa: FBT001 - a parameter of the test
    state = {"Status": "running", "StartedAt": started, "Health": {"Status": "healthy"}}
    proxy = {**EDGE, "service": "proxy", "id": "p1", "state": state, "network": "container:e1"}
    found = parse([f"container\t{json.dumps(one)}" for one in (EDGE, proxy)])
    assert [one.cut_off for one in found.containers] == [False, cut_off]
    assert found.well is not cut_off
    assert found.running == (("edge",) if cut_off else ("edge", "proxy"))
    assert status(SITE, found)["services"]["proxy"]["state"] == "running"
    other = {**proxy, "network": "app_edge"}
    assert parse([f"container\t{json.dumps(one)}" for one in (EDGE, other)]).well
