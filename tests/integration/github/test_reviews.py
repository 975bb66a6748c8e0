"""A job that a reviewer did not let begin is no failure, by whole commands against a played GitHub."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

import journals
from hub.github import Reply

if TYPE_CHECKING:
    from hub import Hub
    from hub.jobs import Workflow


def rejected(environment: str, *states: str, job: str = "production", state: str = "") -> dict[str, Any]:
    """Give the results of jobs of which one failed, and what reviewers said of an environment."""
    outcome = {job: {"result": "failure", "outputs": {"state": state} if state else {}}}
    told = {"staging": {"result": "success", "outputs": {"state": "7"}}, **outcome} if job == "production" else outcome
    return {"jobs": json.dumps(told), "said": [(environment, each) for each in states]}


@pytest.mark.parametrize(
    ("told", "out", "asked"),
    [
        (rejected("production", "rejected"), "run 41 was rejected for production: no issue is changed\n", True),
        (rejected("production", "rejected", job="rollback"), "run 41 was rejected for rollback: no issue", True),
        (rejected("production", "approved"), "opened #1", True),
        (rejected("staging", "rejected"), "opened #1", True),
        (rejected("production"), "opened #1", True),
        (rejected("production", "rejected", state="8"), "opened #1", False),
    ],
)
def test_what_a_reviewer_rejects_is_no_bug(
    workflow: Workflow, hub: Hub, told: dict[str, Any], out: str, *, asked: bool
) -> None:
    """GitHub calls such a job failed; it never began, and so handed nothing on."""
    story = journals.passed()
    story.leave_out("production.promote", "production.verify")
    story.extra = []
    workflow.ran(story)
    for environment, state in told["said"]:
        hub.reviews.say("700041", environment, state)
    assert workflow.invoke("github.report-failure", 41, SHIPLANE_JOBS=told["jobs"]).out.startswith(out)
    approvals = "GET /repos/acme/app/actions/runs/700041/approvals"
    assert (approvals in hub.asked) == asked
    assert len(hub.issues) == out.startswith("opened")


def test_a_rejected_run_without_a_journal(workflow: Workflow, hub: Hub) -> None:
    hub.reviews.say("700043", "staging", "rejected")
    told = rejected("staging", job="rollback")["jobs"]
    said = "run 43 was rejected for rollback: no issue is changed\n"
    assert workflow.invoke("github.report-failure", SHIPLANE_JOBS=told).out == said
    assert workflow.invoke("github.report-failure", SHIPLANE_JOBS=told, GITHUB_RUN_ID="").out.startswith("opened #1")


def test_a_token_that_may_not_read_reviews(workflow: Workflow, hub: Hub) -> None:
    refused = {"message": "Resource not accessible by integration"}
    hub.replies.append(Reply(403, refused, {"X-Accepted-GitHub-Permissions": "actions=read"}))
    ended = workflow.invoke("github.report-failure", SHIPLANE_JOBS=rejected("production")["jobs"])
    assert (ended.code, ended.out, hub.issues) == (4, "", [])
    assert ended.err.startswith(
        "cannot read who approved the run on GitHub: 403 Resource not accessible by integration\n"
        "fix: give the token the permissions actions=read"
    )
