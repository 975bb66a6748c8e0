"""GitHub's pages of environments show what serves, also after a deploy that was undone and after a rollback."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

import journals
from hub.deployments import UNKNOWN_COMMIT
from hub.github import LOST, Reply
from journals import RELEASE
from samples import COMMIT, OTHER
from shiplane.pipeline.github_api import GithubApi

if TYPE_CHECKING:
    from hub import Hub
    from hub.jobs import Workflow
    from journals import Story

BEFORE = OTHER[:12]
LINE = "github.deployments"


def remote(story: Story) -> Story:
    story.fields["target"] = "remote"
    return story


def went(number: int, environment: str, release: str, commit: str, **fields: str) -> Story:
    """Tell a run that put one release on one environment."""
    story = remote(journals.Story(number))
    story.deployed(1.0, environment, release=release, commit=commit, **fields)
    return story


def test_deploys_are_told_with_release_and_address(workflow: Workflow, hub: Hub) -> None:
    story = remote(journals.passed())
    workflow.ran(story)
    ended = workflow.invoke(LINE, 41)
    release = RELEASE["id"]
    assert (ended.code, ended.out.splitlines()) == (
        0,
        [
            f"told: staging: deploy serves {release} (success)",
            f"told: production: promote serves {release} (success)",
        ],
    )
    production, staging = hub.deployments.made
    assert (staging["environment"], staging["production_environment"]) == ("staging", False)
    assert (production["sha"], production["task"]) == (COMMIT, "promote")
    assert (production["environment"], production["production_environment"]) == ("production", True)
    [at] = [each["finished_at"] for _, each in story.extra if each.get("environment") == "production"]
    assert production["payload"] == {"shiplane": "41-production", "release": release, "finished_at": at}
    [state] = hub.deployments.statuses[production["id"]]
    assert (state["environment_url"], state["description"]) == ("https://production.test", f"promote serves {release}")
    assert state["log_url"] == "https://github.test/acme/app/actions/runs/700041"


def test_only_the_newest_serves(workflow: Workflow, hub: Hub) -> None:
    for number, release, commit in ((41, BEFORE, OTHER), (42, RELEASE["id"], COMMIT)):
        workflow.ran(went(number, "production", release, commit))
        workflow.invoke(LINE, number)
    assert hub.deployments.serving("production") == [RELEASE["id"]]
    assert [hub.deployments.state(one) for one in hub.deployments.made] == ["success", "inactive"]


def test_after_a_rollback_the_release_before_serves(workflow: Workflow, hub: Hub) -> None:
    stories = (
        went(41, "production", BEFORE, OTHER),
        went(42, "production", RELEASE["id"], COMMIT),
        went(43, "production", BEFORE, OTHER, action="rollback"),
    )
    for story in stories:
        workflow.ran(story)
        workflow.invoke(LINE, story.number)
    assert hub.deployments.serving("production") == [BEFORE]
    assert (hub.deployments.made[0]["task"], hub.deployments.made[0]["sha"]) == ("rollback", OTHER)
    assert [hub.deployments.state(one) for one in hub.deployments.made] == ["success", "inactive", "inactive"]


def test_a_run_that_ends_later_but_deployed_earlier_does_not_serve(workflow: Workflow, hub: Hub) -> None:
    workflow.ran(went(41, "production", BEFORE, OTHER))
    workflow.ran(went(42, "production", RELEASE["id"], COMMIT))
    workflow.invoke(LINE, 42)
    ended = workflow.invoke(LINE, 41)
    assert ended.out == f"told: production: promote of {BEFORE}: a later one came (inactive)\n"
    assert hub.deployments.serving("production") == [RELEASE["id"]]
    assert [hub.deployments.state(one) for one in hub.deployments.made] == ["inactive", "success"]


def test_a_later_deploy_that_failed_does_not_count(workflow: Workflow, hub: Hub) -> None:
    workflow.ran(went(41, "production", BEFORE, OTHER))
    workflow.ran(went(42, "production", RELEASE["id"], COMMIT, outcome="undone"))
    for number in (42, 41):
        workflow.invoke(LINE, number)
    assert hub.deployments.serving("production") == [BEFORE]


@pytest.mark.parametrize("again", [41, 42])
def test_telling_that_was_cut_off_is_made_up_for(workflow: Workflow, hub: Hub, again: int) -> None:
    """By whichever of the two runs is told again: the newer one served, and nothing said that the other did no more."""
    for number, release, commit in ((41, BEFORE, OTHER), (42, RELEASE["id"], COMMIT)):
        workflow.ran(went(number, "production", release, commit))
    workflow.invoke(LINE, 41)
    # Known ones, the deployment, its states, its state: what comes then is refused.
    hub.replies.extend([*[None] * 4, Reply(403, {"message": "Resource not accessible"})])
    assert workflow.invoke(LINE, 42).code == 4
    assert hub.deployments.serving("production") == [RELEASE["id"], BEFORE]
    assert workflow.invoke(LINE, again).out == f"run {again}: nothing to tell of environments\n"
    assert hub.deployments.serving("production") == [RELEASE["id"]]


def test_a_deployment_without_a_state_gets_it(workflow: Workflow, hub: Hub) -> None:
    workflow.ran(went(41, "production", BEFORE, OTHER))
    hub.replies.extend([*[None] * 3, Reply(403, {"message": "Resource not accessible"})])
    assert workflow.invoke(LINE, 41).code == 4
    assert hub.deployments.serving("production") == []
    workflow.invoke(LINE, 41)
    assert hub.deployments.serving("production") == [BEFORE]
    assert len(hub.deployments.made) == 1


@pytest.mark.parametrize("first", [41, 42])
def test_two_runs_that_tell_at_once(workflow: Workflow, hub: Hub, first: int) -> None:
    """The one knows nothing of the other when it begins; the other is done before it has told its state."""
    for number, release, commit in ((41, BEFORE, OTHER), (42, RELEASE["id"], COMMIT)):
        workflow.ran(went(number, "production", release, commit))
    met: list[str] = []

    def meanwhile(method: str, path: str) -> None:
        if method == "POST" and path.endswith("/statuses") and not met:
            met.append(path)
            workflow.invoke(LINE, 83 - first)

    hub.before = meanwhile
    workflow.invoke(LINE, first)
    assert met
    assert hub.deployments.serving("production") == [RELEASE["id"]]


def test_a_deploy_that_was_undone_leaves_what_served(workflow: Workflow, hub: Hub) -> None:
    workflow.ran(went(41, "production", BEFORE, OTHER))
    workflow.ran(went(42, "production", RELEASE["id"], COMMIT, outcome="undone"))
    for number in (41, 42):
        workflow.invoke(LINE, number)
    assert hub.deployments.serving("production") == [BEFORE]
    assert hub.deployments.state(hub.deployments.made[0]) == "failure"


@pytest.mark.parametrize("first", [41, 42])
def test_what_may_be_down_is_not_shown_as_serving(workflow: Workflow, hub: Hub, first: int) -> None:
    """A deploy failed, and so did its undo: until something is deployed again nothing serves for sure."""
    workflow.ran(went(41, "production", BEFORE, OTHER))
    workflow.ran(went(42, "production", RELEASE["id"], COMMIT, outcome="failed"))
    for number in (first, 83 - first):
        workflow.invoke(LINE, number)
    assert hub.deployments.serving("production") == []
    assert sorted(hub.deployments.state(one) for one in hub.deployments.made) == ["error", "inactive"]
    workflow.ran(went(43, "production", BEFORE, OTHER, action="rollback"))
    workflow.invoke(LINE, 43)
    assert hub.deployments.serving("production") == [BEFORE]


@pytest.mark.parametrize("first", [41, 42])
def test_what_another_deployed_meanwhile_serves(workflow: Workflow, hub: Hub, first: int) -> None:
    """Run 42 took the environment over, and was done before run 41 noticed and ended."""
    began, taken = went(41, "production", BEFORE, OTHER).time(0.0), went(42, "production", RELEASE["id"], COMMIT)
    ended = taken.time(9.0)
    workflow.ran(
        went(41, "production", BEFORE, OTHER, outcome="failed", started_at=began, finished_at=ended),
    )
    workflow.ran(taken)
    for number in (first, 83 - first):
        workflow.invoke(LINE, number)
    assert hub.deployments.serving("production") == [RELEASE["id"]]


def test_the_other_environment_is_left_alone(workflow: Workflow, hub: Hub) -> None:
    workflow.ran(went(41, "staging", BEFORE, OTHER))
    workflow.ran(went(42, "production", RELEASE["id"], COMMIT))
    for number in (41, 42):
        workflow.invoke(LINE, number)
    assert hub.deployments.serving("staging") == [BEFORE]


def test_what_was_told_is_not_told_again(workflow: Workflow, hub: Hub) -> None:
    workflow.ran(remote(journals.passed()))
    workflow.invoke(LINE, 41)
    assert workflow.invoke(LINE, 41).out == "run 41: nothing to tell of environments\n"
    assert len(hub.deployments.made) == 2


@pytest.mark.parametrize("at", [1, 3])
def test_an_answer_that_is_lost(workflow: Workflow, hub: Hub, at: int) -> None:
    workflow.project.patch.setitem(GithubApi.__init__.__kwdefaults__, "sleep", lambda _seconds: None)
    workflow.ran(went(41, "production", BEFORE, OTHER))
    hub.replies.extend([*[None] * at, LOST])
    assert workflow.invoke(LINE, 41).code == 0
    assert hub.deployments.serving("production") == [BEFORE]
    assert [len(found) for found in hub.deployments.statuses.values()] == [1]


def test_what_the_lab_did_is_nobody_s_business(workflow: Workflow, hub: Hub) -> None:
    workflow.ran(journals.passed())
    assert workflow.invoke(LINE, 41).out == "run 41: nothing to tell of environments\n"
    assert hub.asked == []


def test_a_dry_run(workflow: Workflow, hub: Hub) -> None:
    workflow.ran(went(41, "production", BEFORE, OTHER, outcome="undone"))
    told = f"would tell: production: promote of {BEFORE} was undone: 0123456789ab serves again (failure)\n"
    assert workflow.invoke(f"{LINE} --dry-run", 41).out == told
    [found] = workflow.invoke(f"{LINE} --dry-run --json", 41).json
    assert (found["release"], found["state"]) == (BEFORE, "failure")
    assert hub.asked == []


@pytest.mark.parametrize(
    ("commit", "reply", "told"),
    [
        (UNKNOWN_COMMIT, None, f"cannot make a deployment on GitHub: 422 No ref found for: {UNKNOWN_COMMIT}"),
        (OTHER, Reply(403, {"message": "Resource not accessible"}), "cannot make a deployment on GitHub: 403 Resource"),
    ],
)
def test_what_github_refuses(workflow: Workflow, hub: Hub, commit: str, reply: Reply | None, told: str) -> None:
    workflow.ran(went(41, "production", BEFORE, commit))
    hub.replies.extend([None, reply])
    ended = workflow.invoke(LINE, 41)
    assert ended.code == 4
    assert ended.err.startswith(told)
