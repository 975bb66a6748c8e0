from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from shiplane.deploy.records import check_known, mark_tested, outdated, releases
from shiplane.deploy.records import tested as digests_that_passed
from shiplane.deploy.survey import Entry, State
from shiplane.errors import UnknownName, Unreachable
from shiplane.model import Deployment
from shiplane.runners.recording import RecordingRunner

if TYPE_CHECKING:
    from shiplane.model import Release, Site


def entry(release: str, at: str, outcome: str = "deployed") -> Entry:
    return Entry(Deployment("d", "staging", "u", release, "c", "r", "deploy", outcome, at, at), "me", {})


def state(release: Release, *names: str) -> State:
    served = tuple(entry(name, f"2026-01-0{day}") for day, name in enumerate(names, 1))
    return State(current=names[-1], releases=dict.fromkeys(names, release), entries=served)


def test_releases_newest_first(release: Release) -> None:
    found = state(release, "a", "b")
    found = replace(found, entries=(*found.entries, entry("c", "2026-01-09", "undone")))
    assert releases(found) == [
        {"release": "b", "commit": release.commit, "deployed_at": "2026-01-02", "current": True},
        {"release": "a", "commit": release.commit, "deployed_at": "2026-01-01", "current": False},
    ]


def test_what_is_outdated(release: Release) -> None:
    assert outdated(state(release, *"abcdefg"), "g", 5) == ("a", "b")
    assert outdated(state(release, *"abc"), "c", 5) == ()
    assert outdated(state(release, *"abc"), "c", 1) == ("a",), "what served before stays"
    spoilt = replace(state(release, *"abc"), damaged=frozenset("cd"))
    assert outdated(spoilt, "c", 5) == ("d",), "what cannot be gone back to goes, unless it serves"


def test_a_mark_that_e2e_passed(site: Site) -> None:
    runner = RecordingRunner()
    mark_tested(runner, site, "one", {"web": "sha256:a"}, {"redis@sha256:r", "postgres@sha256:p"})
    command = runner.commands[0]
    assert command.argv == ("bash", "-s", "write", "deployments/app-staging/releases/one", "tested.json")
    assert json.loads(command.input_text().splitlines()[-1]) == {
        "release": "one",
        "digests": {"web": "sha256:a"},
        "beside": ["postgres@sha256:p", "redis@sha256:r"],
    }
    with pytest.raises(Unreachable, match="did not keep the mark"):
        mark_tested(RecordingRunner([("write", "no space", 1)]), site, "one", {})


def test_the_digests_that_passed() -> None:
    found = State(tested={"one": {"web": "sha256:a"}})
    assert digests_that_passed(found, "one") == {"web": "sha256:a"}
    assert digests_that_passed(found, "two") is None


def test_an_unknown_release(release: Release) -> None:
    check_known(state(release, "1.0.0-a"), "1.0.0-a")
    with pytest.raises(UnknownName, match=r"unknown release '1.0.0-b'"):
        check_known(state(release, "1.0.0-a"), "1.0.0-b")
