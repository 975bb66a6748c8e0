"""What ends an issue, by whole commands against a GitHub that is held to its own description."""

from __future__ import annotations

import os
import subprocess
from types import SimpleNamespace
from typing import TYPE_CHECKING, cast

import pytest

import journals
from samples import COMMIT, OTHER
from shiplane.cli.github_tasks import _commits
from shiplane.errors import HistoryMissing
from shiplane.report.issue_marks import Key, failure_mark, read_mark
from shiplane.runners.base import Masker
from shiplane.runners.local import LocalRunner

if TYPE_CHECKING:
    from pathlib import Path

    from hub import Hub
    from hub.jobs import Workflow
    from journals import Story
    from shiplane.cli.app import App

KEY = Key("test", "test.backend", "main")


def test_a_green_run_comments_until_it_fails_again(workflow: Workflow, hub: Hub) -> None:
    for story in (
        journals.failing(43),
        journals.passed(44),
        journals.passed(45),
        journals.failing(46),
        journals.passed(47),
    ):
        workflow.ran(story)
        line = "github.report-failure" if story.number in (43, 46) else "github.close-fixed"
        workflow.invoke(line, story.number)
    assert [read_mark(each)["kind"] for each in hub.comments[1]] == ["green", "again", "green"]
    assert hub.comments[1][0]["body"].endswith(
        f"It passed in run [44](https://github.test/acme/app/actions/runs/700044) of `main` at {COMMIT}.\n"
    )
    assert hub.open_issues == [1]


def test_a_green_run_closes_where_that_is_configured(workflow: Workflow, hub: Hub) -> None:
    with (workflow.project.folder / "pyproject.toml").open("a") as file:
        file.write("\n[tool.shiplane.github]\nclose_when_green = true\n")
    for name, branch in (("test.backend", "main"), ("test.backend", "feature/x"), ("other.step", "main")):
        hub.open(name, failure_mark(Key(name.partition(".")[0], name, branch), "a.1"), ["bug"])
    workflow.ran(journals.passed(44))
    assert workflow.invoke("github.close-fixed", 44).out.startswith("closed #1: ")
    assert hub.open_issues == [2, 3]
    assert hub.issues[0]["state_reason"] == "completed"


def test_a_rollback_is_green_by_a_rollback_alone(workflow: Workflow, hub: Hub) -> None:
    hub.open(
        "production.rollback failed on main", failure_mark(Key("production", "production.rollback", "main"), "a.1")
    )
    workflow.ran(journals.passed(44))
    assert workflow.invoke("github.close-fixed", 44).out == "run 44 passed: no issue had to be changed\n"
    story = journals.Story(45)
    story.steps = {"production.rollback": story.steps["production.promote"] | {"id": "production.rollback"}}
    story.starts, story.ends = {"production.rollback": 1.0}, {"production.rollback": {"seconds": 1.0}}
    story.fields["event"] = {"name": "manual", "branch": "main", "commit": COMMIT}
    story.deployed(2.0, "production", release=OTHER[:12], commit=OTHER, action="rollback")
    workflow.ran(story)
    jobs = '{"rollback": {"result": "success", "outputs": {"state": "7"}}}'
    assert workflow.invoke("github.close-fixed", 45, SHIPLANE_JOBS=jobs).out.startswith("commented #1")


def test_commits_on_main_close_what_they_fix(workflow: Workflow, hub: Hub) -> None:
    for step in ("test.backend", "test.lint", "staging.deploy", "e2e.tests"):
        hub.open(step, failure_mark(Key(step.partition(".")[0], step, "feature/x"), "a.1"), ["bug"])
    hub.open("somebody's", "a bug of theirs", ["bug"], author_association="MEMBER")
    forged = hub.open("forged", failure_mark(KEY, "a.1"), ["bug"])
    forged.update(author_association="NONE")
    forged["user"] = {**forged["user"], "login": "mallory", "type": "User"}
    workflow.commits(
        "Speak of issue #4",
        "Mend the tests\n\nfix issue #1, and FIXES ISSUES #2, #5 and #6",
        'Revert "Fix issue #3"\n\nThis reverts commit 0123.',
    )
    workflow.ran(journals.passed(44))
    ended = workflow.invoke("github.close-fixed", 44)
    assert [line.partition(":")[0] for line in ended.out.splitlines()] == ["closed #1", "closed #2"]
    assert hub.open_issues == [3, 4, 5, 6]
    assert f"Fixed by {2:040x}: Mend the tests" in hub.comments[1][0]["body"]


def test_an_issue_that_was_opened_again_needs_another_commit(workflow: Workflow, hub: Hub) -> None:
    hub.open("a", failure_mark(Key("test", "test.backend", "feature/x"), "a.1"), ["bug"])
    workflow.commits("Fix issue #1")
    for number in (44, 45):
        workflow.ran(journals.passed(number))
        workflow.invoke("github.close-fixed", number)
        assert hub.open_issues == ([] if number == 44 else [1])
        hub.issues[0]["state"] = "open"


@pytest.mark.parametrize(
    ("story", "jobs"),
    [
        (journals.failing(43), ""),
        (journals.passed(43), '{"production": {"result": "failure"}}'),
        (journals.passed(43), '{"production": {"result": "cancelled"}}'),
    ],
)
def test_nothing_is_closed_before_the_run_is_green(workflow: Workflow, hub: Hub, story: Story, jobs: str) -> None:
    hub.open("a", failure_mark(KEY, "a.1"), ["bug"])
    workflow.commits("Fix issue #1")
    workflow.ran(story)
    assert workflow.invoke("github.close-fixed", SHIPLANE_JOBS=jobs).code == 0
    assert hub.asked == []


def test_commits_elsewhere_close_nothing(workflow: Workflow, hub: Hub) -> None:
    hub.open("a", failure_mark(KEY, "a.1"), ["bug"])
    workflow.commits("Fix issue #1")
    story = journals.passed(43)
    story.fields["event"] = {"name": "push", "branch": "feature/x", "commit": COMMIT}
    workflow.ran(story)
    assert workflow.invoke("github.close-fixed").out == "run 43 passed: no issue had to be changed\n"
    assert hub.open_issues == [1]


def test_a_clone_without_history(workflow: Workflow, hub: Hub) -> None:
    hub.open("a", failure_mark(KEY, "a.1"), ["bug"])
    workflow.ran(journals.passed(43))
    workflow.shallow = True
    ended = workflow.invoke("github.close-fixed")
    assert ended.code == 2
    assert ended.err.startswith("the history of this clone is cut off")


def test_messages_as_git_tells_them(tmp_path: Path) -> None:
    def git(*words: str, at: str = "2026-01-01T00:00:00Z") -> None:
        env = {**os.environ, "GIT_COMMITTER_DATE": at}
        who = ("-c", "user.name=Ada", "-c", "user.email=ada@example.com")
        subprocess.run(["git", *who, *words], cwd=tmp_path, env=env, check=True, capture_output=True)

    git("init", "-q", "-b", "main")
    messages = ["Mend the tests\n\nFix issue #1\nand fix issue #2", "Umlauts: \u00fc\n\n- a list\n- of two"]
    git("commit", "-q", "--allow-empty", "-m", "Fix issue #3 before it was opened", at="2024-01-01T00:00:00Z")
    for message in messages:
        git("commit", "-q", "--allow-empty", "-m", message)
    app = SimpleNamespace(runner=LocalRunner(tmp_path, os.environ, Masker()), masker=Masker())
    issues = [{"created_at": "2026-02-01T00:00:00Z"}, {"created_at": "2025-01-01T00:00:00Z"}]
    found = _commits(cast("App", app), issues)
    assert [commit.message.strip() for commit in found] == messages
    assert [len(commit.hash) for commit in found] == [40, 40]
    git("clone", "-q", "--depth", "1", f"file://{tmp_path}", "shallow")
    app.runner = LocalRunner(tmp_path / "shallow", os.environ, Masker())
    with pytest.raises(HistoryMissing):
        _commits(cast("App", app), issues)
