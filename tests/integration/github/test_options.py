"""Options, and what is refused, by whole commands against a GitHub that is held to its own description."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

import journals
from hub.github import TOKEN, Reply
from shiplane.report.issue_marks import Key, failure_mark
from workflows import obeyed

if TYPE_CHECKING:
    from hub import Hub
    from hub.jobs import Workflow

KEY = Key("test", "test.backend", "main")


def test_a_dry_run_shows_and_changes_nothing(workflow: Workflow, hub: Hub) -> None:
    story = journals.failing()
    story.end("test.backend", details=["::error::x", "E   line"])
    workflow.ran(story)
    ended = workflow.invoke("github.report-failure --dry-run", GITHUB_ACTIONS="true")
    assert "would open test.backend failed on main\n" in ended.out
    assert obeyed(ended.out) == []
    [told] = workflow.invoke("github.report-failure --dry-run --json").json
    assert (told["action"], told["issue"]) == ("open", None)
    assert [asked.partition(" ")[0] for asked in hub.asked] == ["GET", "GET"]
    assert workflow.invoke("github.close-fixed --dry-run --json").json == []


def test_what_was_done_as_json(workflow: Workflow, hub: Hub) -> None:
    workflow.ran(journals.failing())
    found = workflow.invoke("github.report-failure --json").json
    assert found == [{"action": "opened", "issue": 1, "url": f"{hub.url}/acme/app/issues/1"}]
    assert workflow.invoke("github.close-fixed --json").json == []


def test_a_run_of_another_ci(workflow: Workflow, hub: Hub) -> None:
    workflow.ran(journals.failing(43))
    workflow.ran(journals.failing(44))
    without = dict.fromkeys(("GITHUB_RUN_ID", "GITHUB_RUN_NUMBER", "GITHUB_SERVER_URL"), "")
    workflow.invoke("github.report-failure --run 43 --link https://ci.test/43", **without)
    workflow.invoke("github.report-failure --link https://ci.test/44", **without)
    assert "| run | [43](https://ci.test/43) |" in hub.issues[0]["body"]
    assert "in run [44](https://ci.test/44)" in hub.comments[1][0]["body"]


@pytest.mark.parametrize(
    ("reply", "told"),
    [
        (
            Reply(401, {"message": "Bad credentials"}),
            "cannot list issues on GitHub: 401 Bad credentials\nfix: set GITHUB_TOKEN",
        ),
        (
            Reply(403, {"message": "Resource not accessible"}, {"X-Accepted-GitHub-Permissions": "issues=write"}),
            "cannot list issues on GitHub: 403 Resource not accessible\nfix: give the token the permissions issues=",
        ),
        (
            Reply(404, {"message": "Not Found"}),
            "cannot list issues on GitHub: 404 Not Found\nfix: check that acme/app is",
        ),
        (
            Reply(301, {"message": "Moved", "url": "x"}),
            "cannot list issues on GitHub: 301 Moved\nfix: see what GitHub says",
        ),
    ],
)
def test_refusals_say_what_to_do(workflow: Workflow, hub: Hub, reply: Reply, told: str) -> None:
    workflow.ran(journals.failing())
    hub.replies.append(reply)
    ended = workflow.invoke("github.report-failure")
    assert (ended.code, ended.out) == (4, "")
    assert ended.err.startswith(told)
    assert TOKEN not in ended.err
    assert len(hub.asked) == 1


@pytest.mark.parametrize(
    ("environ", "code", "told"),
    [
        ({"GITHUB_TOKEN": ""}, 2, "secrets missing for acme/app: GITHUB_TOKEN"),
        ({"GITHUB_TOKEN": "wrong"}, 4, "cannot list issues on GitHub: 401 Bad credentials"),
        ({"GITHUB_REPOSITORY": ""}, 2, "no repository is named"),
        ({"GITHUB_REPOSITORY": "acme/app/../x"}, 2, "GITHUB_REPOSITORY is 'acme/app/../x', which is no repository"),
        ({"GITHUB_REPOSITORY": "acme/other"}, 4, "cannot list issues on GitHub: 404 Not Found"),
        (
            {"GITHUB_API_URL": "http://api.github.com"},
            2,
            "GITHUB_API_URL is 'http://api.github.com', to which no token",
        ),
        ({"SHIPLANE_JOBS": "[]"}, 2, "SHIPLANE_JOBS does not hold the results of jobs"),
        ({"SHIPLANE_JOBS": '{"a": {"result": "x"}}'}, 2, "SHIPLANE_JOBS does not hold the results of jobs"),
        ({"GITHUB_RUN_NUMBER": ""}, 0, ""),
    ],
)
def test_what_is_set_wrongly(workflow: Workflow, environ: dict[str, str], code: int, told: str) -> None:
    workflow.ran(journals.failing())
    ended = workflow.invoke("github.report-failure", **environ)
    assert ended.code == code
    assert ended.err.startswith(told)


@pytest.mark.parametrize("labels", [[], ["defect"]])
def test_an_issue_without_its_label_is_found(workflow: Workflow, hub: Hub, labels: list[str]) -> None:
    hub.open("test.backend failed on main", failure_mark(KEY, "a.1"), labels)
    workflow.ran(journals.failing())
    assert workflow.invoke("github.report-failure").out.startswith("commented #1")
    assert hub.open_issues == [1]


def test_a_label_that_github_leaves_out(workflow: Workflow, hub: Hub) -> None:
    hub.leaves_labels_out = True
    workflow.ran(journals.failing())
    ended = workflow.invoke("github.report-failure")
    assert (ended.code, ended.out) == (4, "")
    assert ended.err.startswith(
        "cannot give issue #1 the label bug on GitHub: 201 it was opened without\n"
        "fix: let GITHUB_TOKEN be an application's, or of one who may set labels (the role triage or more)"
    )
