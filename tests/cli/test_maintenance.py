"""Closing an environment and opening it again: what is told, what runs where, and the exit codes."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from samples import REMOTE
from shiplane.runners.http import Answer

if TYPE_CHECKING:
    from projects import Ended, Project

URL = "https://staging.example.com"


class Public:
    """Answer with these statuses, the last of them for good."""

    def __init__(self, *statuses: int) -> None:
        self.statuses = list(statuses)
        self.asked: list[str] = []

    def request(self, method: str, url: str, **words: object) -> Answer:
        del words
        self.asked.append(f"{method} {url}")
        return Answer(self.statuses.pop(0) if len(self.statuses) > 1 else self.statuses[0], "")


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shiplane.runners.base.Cancel.sleep", lambda *_: None)


def turn(project: Project, word: str, said: str, *statuses: int, more: str = "") -> Ended:
    project.answers(servers=[("bash -s maintenance", said, 0)])
    project.world.public = Public(*statuses)
    return project.invoke(f"maintenance.{word} --env staging --target remote{more}", **REMOTE)


@pytest.mark.parametrize(("word", "statuses"), [("on", (200, 503)), ("off", (503, 200))])
@pytest.mark.parametrize(("said", "more"), [("changed", ""), ("same", ", as it was")])
def test_it_is_turned_and_looked_at(
    project: Project, word: str, statuses: tuple[int, int], said: str, more: str
) -> None:
    ended = turn(project, word, said, *statuses)
    assert (ended.code, ended.out) == (0, f"the page of maintenance is {word} at {URL}{more}\n")
    [command] = project.world.servers["staging"].commands
    assert command.argv == ("bash", "-s", "maintenance", "deployments/app-staging", word)
    since, deed = map(json.loads, (command.input_text() or "").splitlines()[-2:])
    assert (deed["kind"], deed["action"], deed["run"]) == ("deed", f"maintenance.{word}", "by hand")
    assert since == {"since": deed["at"], "who": deed["who"]}
    assert project.world.public.asked == [f"GET {URL}/"] * 2  # type: ignore[attr-defined]


def test_a_dry_run_only_says_what_it_would_do(project: Project) -> None:
    ended = turn(project, "on", "changed", 200, more=" --dry-run")
    assert ended.code == 0
    assert ended.out.splitlines()[0] == f"would turn the page of maintenance on at {URL}"
    assert ended.out.splitlines()[1].startswith("staging$ bash -s maintenance deployments/app-staging on <")
    assert project.world.servers["staging"].commands == []
    assert project.world.public.asked == []  # type: ignore[attr-defined]


def test_where_nothing_is_deployed(project: Project) -> None:
    ended = turn(project, "on", "", 200)
    assert (ended.code, ended.err.splitlines()[0]) == (2, "nothing is deployed on staging")


def test_a_release_that_knows_no_page(project: Project) -> None:
    ended = turn(project, "on", "changed", 200)
    assert ended.code == 3
    assert ended.err.splitlines() == [
        f"{URL} goes on answering (200): the release that serves knows no page of maintenance",
        "fix: deploy a newer release: invoke deploy --env staging",
        "see: docs/errors.md#step-failed",
    ]


def test_an_environment_that_is_away_all_the_same(project: Project) -> None:
    ended = turn(project, "off", "changed", 503)
    assert (ended.code, ended.err.splitlines()[0]) == (3, f"{URL} answers 503 without the page too")
