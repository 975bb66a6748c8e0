"""One clone, its lab, and the story that is told on it: each chapter is played once, by the first test that asks.

A chapter builds on those before it and keeps what it saw, so that a test of it may run alone or in any order.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from helpers import story, tutorial
from helpers.clone import Clone
from helpers.engine import docker, images, traces, wait_for
from helpers.processes import ArgumentWatch, kill_all_in
from helpers.servers import Servers
from helpers.story import Chapter

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from helpers.tutorial import Lesson

_OURS = tuple(
    f"{component}{kind}:{version}"
    for component in ("backend", "frontend")
    for kind in ("", "-dev")
    for version in (story.FIRST_VERSION, story.SECOND_VERSION)
)


@pytest.fixture(scope="package")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Clone]:
    """Give a clone whose passwords come from the environment; its lab has to go without a trace in the end."""
    passwords = {"DB_PASSWORD": story.HARD_SECRET, "REDIS_PASSWORD": story.HARD_SECRET}
    made = Clone.make(tmp_path_factory.mktemp("story") / "shop", **passwords)
    made.commit("Name the versions of the story", story.name_versions)
    made.commit("Lend the packages", story.lend_packages)
    try:
        yield made
        made.invoke("lab.down")
        assert traces(made.lab_name) == []
        assert traces(made.id) == []
        assert not (made.folder / ".shiplane/lab").exists()
    finally:
        kill_all_in(made.folder)  # a test that failed half-way may have left its command
        made.start("invoke", "lab.down").finish()
        left = images(*_OURS)
        if left:
            docker("rmi", "--force", *left)


@pytest.fixture(scope="package")
def whole(clone: Clone, tmp_path_factory: pytest.TempPathFactory) -> Clone:
    """Give another clone, with every test of the application and without a lab."""
    made = Clone.make(tmp_path_factory.mktemp("whole") / "whole")
    made.commit("Name the versions of the story", story.name_versions)
    assert made.id != clone.id
    return made


@pytest.fixture(scope="package")
def watch() -> ArgumentWatch:
    """Give what was seen of all processes while the first commit was shipped."""
    return ArgumentWatch()


@pytest.fixture(scope="package")
def first(clone: Clone, watch: ArgumentWatch) -> Chapter:
    """Ship a commit through the whole pipeline."""
    commit = clone.commit("Keep a few tests of each suite", story.shorten_checks)
    with watch:
        done = clone.invoke("pipeline", "--target", "lab", "--event", "push", "--branch", "main", "--plain")
    return Chapter(commit, done, Servers(clone).look())


@pytest.fixture(scope="package")
def servers(clone: Clone, first: Chapter) -> Servers:
    """Give the lab of the clone, which the first chapter has brought up."""
    assert first.done.code == 0
    return Servers(clone)


@pytest.fixture(scope="package")
def second(clone: Clone, servers: Servers) -> Chapter:
    """Ship a change of the frontend by single commands, while two others want staging too."""
    commit = clone.commit("Change the frontend", story.change_frontend)
    clone.invoke("publish", "--plain")
    before = servers.received("staging")
    clone.invoke("deploy", "--env", "staging", "--plain")
    moved = servers.received("staging") - before
    log = clone.runs / f"{int(clone.last_run().name) + 1}/logs/e2e.tests.log"
    tests = clone.start("invoke", "e2e", "--env", "staging", "--plain")
    wait_for("the start of the browser tests", lambda: "docker run" in text(log) or tests.process.poll() is not None)
    refused = clone.invoke("deploy", "--env", "staging", "--plain", code=5)
    waiting = clone.start("invoke", "deploy", "--env", "staging", "--plain", environ={"GITHUB_ACTIONS": "true"})
    beside = (tests.finish(), refused, waiting.finish())
    done = clone.invoke("promote", "--plain")
    return Chapter(commit, done, servers.look(), beside, moved)


@pytest.fixture(scope="package")
def rolled_back(clone: Clone, servers: Servers, second: Chapter) -> Chapter:
    """Take production back to the release before."""
    done = clone.invoke("rollback", "--env", "production", "--plain")
    return Chapter(second.commit, done, servers.look())


@pytest.fixture(scope="package")
def third(clone: Clone, servers: Servers, rolled_back: Chapter) -> Chapter:
    """Send a commit through the pipeline that the browser tests refuse, and ask for its promotion all the same."""
    assert rolled_back.done.code == 0
    commit = clone.commit("Rename what the browser tests hold on to", story.lose_test_id)
    done = clone.invoke("pipeline", "--event", "push", "--branch", "main", "--plain", code=3)
    refused = clone.invoke("promote", "--plain", code=8)
    return Chapter(commit, done, servers.look(), (refused,))


@pytest.fixture(scope="package")
def fourth(clone: Clone, servers: Servers, third: Chapter) -> Chapter:
    """Deploy a commit whose backend never gets healthy on staging."""
    assert third.done.code
    commit = clone.commit("Refuse every host on staging", story.break_staging)
    clone.invoke("publish", "--plain")
    done = clone.invoke("deploy", "--env", "staging", "--plain", code=6)
    return Chapter(commit, done, servers.look())


@pytest.fixture(scope="package")
def lessons(clone: Clone, servers: Servers, fourth: Chapter) -> dict[str, Lesson]:
    """Take back both commits that did not reach production, then follow the tutorial to its end."""
    assert fourth.done.code
    clone.git("revert", "--no-edit", "HEAD", "HEAD~1")
    return tutorial.follow(clone, servers)


def text(file: Path) -> str:
    """Give a file's text; empty where it is not there yet."""
    return file.read_text(encoding="utf-8") if file.is_file() else ""
