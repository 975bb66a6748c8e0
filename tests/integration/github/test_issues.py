"""Issues that keep themselves, by whole commands against a GitHub that is held to its own description."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from markdown_it import MarkdownIt

import journals
from hub.github import TOKEN
from samples import COMMIT, HARD, OTHER
from shiplane.report.issue_marks import Key, failure_mark, read_mark
from workflows import obeyed

if TYPE_CHECKING:
    from pathlib import Path

    from hub import Hub
    from hub.jobs import Workflow

KEY = Key("test", "test.backend", "main")


def test_a_failure_opens_an_issue(workflow: Workflow, hub: Hub) -> None:
    workflow.ran(journals.failing())
    ended = workflow.invoke("github.report-failure")
    assert (ended.code, ended.out, ended.err) == (0, f"opened #1: {hub.url}/acme/app/issues/1\n", "")
    [issue] = hub.issues
    assert issue["title"] == "test.backend failed on main"
    assert [label["name"] for label in issue["labels"]] == ["bug"]
    assert read_mark(issue) == {
        "kind": "failure",
        "stage": "test",
        "step": "test.backend",
        "branch": "main",
        "run": "run-43.1",
    }
    for told in (
        "| stage | `test` |",
        "| step | `test.backend` |",
        "| run | [43](https://github.test/acme/app/actions/runs/700043) |",
        "| branch | `main` |",
        f"| commit | {COMMIT} Show the digest that each environment runs |",
        "| ✗ test | failed | 58.4 s | 0 of 3 |",
        "| - production | skipped |  | 0 of 2 |",
        "E   line 29 of the failure\n```",
        "**repeat just this step:** `.venv/bin/nox -s test_backend`",
    ):
        assert told in issue["body"]


def test_the_same_failure_comments_once_a_run(workflow: Workflow, hub: Hub) -> None:
    for number in (43, 44):
        workflow.ran(journals.failing(number))
        workflow.invoke("github.report-failure", number)
    ended = workflow.invoke("github.report-failure", 44)
    assert ended.out == "run 44 failed: no issue had to be changed\n"
    assert workflow.invoke("github.report-failure", 43).out == "run 43 failed: no issue had to be changed\n"
    assert hub.open_issues == [1]
    [comment] = hub.comments[1]
    assert "**It failed again** in run [44](https://github.test/acme/app/actions/runs/700044)." in comment["body"]
    assert "E   line 29 of the failure" in comment["body"]


def test_another_step_or_branch_is_another_issue(workflow: Workflow, hub: Hub) -> None:
    workflow.ran(journals.failing(43))
    both = journals.failing(44)
    both.end("test.lint", status="failed", exit_code=3, cause="lint failed")
    both.fields["event"] = {"name": "push", "branch": "feature/x", "commit": OTHER}
    workflow.ran(both)
    for number in (43, 44):
        workflow.invoke("github.report-failure", number)
    assert [issue["title"] for issue in hub.issues] == [
        "test.backend failed on main",
        "test.backend failed on feature/x",
        "test.lint failed on feature/x",
    ]


def test_doubles_that_were_left_are_closed_by_the_next_failure(workflow: Workflow, hub: Hub) -> None:
    for run in ("a.1", "b.1"):
        hub.open("test.backend failed on main", failure_mark(KEY, run), ["bug"])
    workflow.ran(journals.failing())
    workflow.invoke("github.report-failure")
    assert hub.open_issues == [1]
    assert len(hub.comments[1]) == 1


@pytest.mark.parametrize(
    ("result", "said"),
    [("success", "run 41 passed: no issue is changed\n"), ("cancelled", "run 41 was cancelled: no issue is changed\n")],
)
def test_a_run_that_did_not_fail_opens_none(workflow: Workflow, hub: Hub, result: str, said: str) -> None:
    workflow.ran(journals.passed())
    jobs = json.dumps({"build": {"result": "success", "outputs": {}}, "production": {"result": result, "outputs": {}}})
    assert workflow.invoke("github.report-failure", 41, SHIPLANE_JOBS=jobs).out == said
    assert hub.asked == []


def test_a_run_that_was_interrupted_opens_none(workflow: Workflow, hub: Hub) -> None:
    story = journals.passed()
    story.end("test.backend", status="cancelled", exit_code=130, cause="interrupted")
    workflow.ran(story)
    assert workflow.invoke("github.report-failure", 41).out == "run 41 was cancelled: no issue is changed\n"
    assert hub.asked == []


def test_all_jobs_of_a_run_are_one(workflow: Workflow, hub: Hub) -> None:
    """The first job built and tested; a later one left these out, and failed on staging."""
    first = journals.passed()
    first.leave_out(*(name for name in first.steps if name.partition(".")[0] not in ("build", "test", "publish")))
    first.extra = []
    workflow.ran(first)
    second = journals.passed()
    for name in second.steps:
        if name.partition(".")[0] in ("build", "test", "publish"):
            second.end(name, how="not needed", seconds=0.0)
    second.leave_out(*(name for name in second.steps if name.partition(".")[0] in ("e2e", "production")))
    second.end("staging.deploy", status="failed", exit_code=6, cause="staging: not healthy; the release before serves")
    second.extra = []
    workflow.ran(second, part=2)
    jobs = json.dumps({"build": {"result": "success"}, "staging": {"result": "failure"}})
    workflow.invoke("github.report-failure", 41, SHIPLANE_JOBS=jobs)
    [issue] = hub.issues
    assert issue["title"] == "staging.deploy failed on main"
    assert "| ✓ test | passed | 58.4 s | 0 of 3 |" in issue["body"]
    assert "| ✗ staging | failed |" in issue["body"]


def test_a_run_that_gave_way_opens_none(workflow: Workflow, hub: Hub) -> None:
    """Between a deploy and tests that another CI starts by themselves, another branch's release came."""
    story = journals.passed()
    story.leave_out("production.promote", "production.verify")
    cause = "staging serves two since run github-42, and not one: nothing is told of one"
    story.end("e2e.tests", status="failed", exit_code=5, cause=cause)
    story.extra = []
    workflow.ran(story)
    jobs = json.dumps({"build": {"result": "success"}, "e2e": {"result": "failure"}})
    told = f"run 41 gave way to another ({cause}): no issue is changed\n"
    assert workflow.invoke("github.report-failure", 41, SHIPLANE_JOBS=jobs).out == told
    assert (hub.asked, hub.issues) == ([], [])


def test_what_failed_beside_it_is_told_all_the_same(workflow: Workflow, hub: Hub) -> None:
    story = journals.passed()
    story.end("test.lint", status="failed", exit_code=3, cause="code quality failed")
    story.end("staging.deploy", status="failed", exit_code=5, cause="staging is held by run r7")
    story.extra = []
    workflow.ran(story)
    workflow.invoke("github.report-failure", 41)
    assert [issue["title"] for issue in hub.issues] == ["test.lint failed on main"]


def test_the_page_of_all_jobs(workflow: Workflow) -> None:
    first, second = journals.passed(), journals.undone(41)
    first.leave_out(*(name for name in first.steps if name.partition(".")[0] not in ("build", "test", "publish")))
    for name in second.steps:
        if name.partition(".")[0] in ("build", "test", "publish"):
            second.end(name, how="not needed", seconds=0.0)
    workflow.ran(first)
    workflow.ran(second, part=2)
    jobs = json.dumps({"build": {"result": "success"}, "production": {"result": "failure"}})
    ended = workflow.invoke("report --whole --markdown -", 41, SHIPLANE_JOBS=jobs)
    assert (ended.code, ended.err) == (0, "")
    assert ended.out.startswith("## ✗ Run 41: failed in ")
    for told in ("| ✓ test | passed | 58.4 s | 0 of 3 |", "| ✗ production | failed |", "| production | undone |"):
        assert told in ended.out
    assert workflow.invoke("report --whole --json", 41, SHIPLANE_JOBS=jobs).json["status"] == "failed"
    for line in ("report --whole", "report --whole --run 41 --json", "report --whole --bundle --json"):
        assert workflow.invoke(line, 41, SHIPLANE_JOBS=jobs).code == 2


@pytest.mark.parametrize("journal", [True, False])
def test_a_job_that_failed_outside_of_its_stage(workflow: Workflow, hub: Hub, journal: bool) -> None:  # noqa: FBT001 - a parameter
    if journal:
        workflow.ran(journals.passed(43))
    jobs = json.dumps({"build": {"result": "failure"}, "staging": {"result": "skipped"}})
    assert workflow.invoke("github.report-failure", SHIPLANE_JOBS=jobs).code == 0
    [issue] = hub.issues
    assert issue["title"] == "build failed on main"
    assert "**cause:** the job build failed, and not in a step of the pipeline's" in issue["body"]
    assert f"| commit | {COMMIT} Show" in issue["body"]


def test_a_run_whose_process_was_killed(workflow: Workflow, hub: Hub) -> None:
    journals.passed(43).write(workflow.project.folder / ".shiplane" / "runs", torn=5)
    workflow.invoke("github.report-failure")
    assert "**cause:** it has no end: its process was killed, or the machine was" in hub.issues[0]["body"]


def test_a_pull_request_from_a_fork_changes_nothing(workflow: Workflow, hub: Hub, tmp_path: Path) -> None:
    workflow.ran(journals.failing())
    event = tmp_path / "event.json"
    event.write_text(json.dumps({"pull_request": {"head": {"repo": {"full_name": "mallory/app"}}}}))
    ended = workflow.invoke("github.report-failure", GITHUB_EVENT_PATH=str(event))
    said = "run 43 is of a pull request that may write nothing: no issue is changed\n"
    assert (ended.code, ended.out) == (0, said)
    environ = {"GITHUB_EVENT_PATH": "", "GITHUB_EVENT_NAME": "pull_request", "GITHUB_ACTOR": "dependabot[bot]"}
    assert workflow.invoke("github.report-failure", **environ).out == said
    assert hub.asked == []


def test_an_issue_among_many_is_found(workflow: Workflow, hub: Hub) -> None:
    for number in range(230):
        hub.open(f"bug {number}", "a bug of theirs", ["bug"])
    hub.open("test.backend failed on main", failure_mark(KEY, "a.1"), ["bug"])
    for number in range(130):
        hub.say(231, f"comment {number}")
    workflow.ran(journals.failing())
    workflow.invoke("github.report-failure")
    workflow.invoke("github.report-failure")
    assert len(hub.issues) == 231
    assert len(hub.comments[231]) == 131
    assert len([asked for asked in hub.asked if "issues?" in asked]) == 6


def test_what_strangers_write_is_not_taken_for_ours(workflow: Workflow, hub: Hub) -> None:
    """Their issue does not keep ours from being opened, nor their comment ours from being written."""
    theirs = hub.open("x", failure_mark(KEY, "a.1"), ["bug"])
    theirs["user"] = {**theirs["user"], "type": "User"}
    ours = hub.open("test.backend failed on main", failure_mark(KEY, "a.1"), ["bug"])
    said = hub.say(ours["number"], "")
    said["user"], said["body"] = (
        {**said["user"], "type": "User"},
        failure_mark(KEY, "run-43.1").replace("failure", "again"),
    )
    workflow.ran(journals.failing())
    assert workflow.invoke("github.report-failure").out.startswith("commented #2")


def test_hostile_texts_stay_texts(workflow: Workflow, hub: Hub) -> None:
    story = journals.hostile(43)
    lines = ["@everyone please", "```", "<img src=x onerror=alert(1)>", "::add-mask::x", "fixes #7", "see GH-7 and #8"]
    story.end("test.backend", cause=" ".join(lines), fix="ask @somebody in acme/app#3", details=lines)
    workflow.ran(story)
    for _ in range(2):
        ended = workflow.invoke("github.report-failure", GITHUB_ACTIONS="true")
        assert (ended.code, obeyed(ended.out)) == (0, [])
    body = hub.issues[0]["body"]
    tokens = MarkdownIt("gfm-like", {"linkify": False}).parse(body)
    inline = [child for token in tokens for child in token.children or ()]
    blocks = [token.content.strip() for token in tokens if token.type == "html_block"]
    assert blocks == [body.partition("\n")[0]]
    assert [child.content for child in inline if child.type == "html_inline"] == ["<sub>", "</sub>"]
    assert {child.attrGet("href") for child in inline if child.type == "link_open"} == {
        "https://github.test/acme/app/actions/runs/700043"
    }
    prose = "".join(child.content for child in inline if child.type == "text") + hub.issues[0]["title"]
    for word in ("@everyone", "@somebody", "#7", "#8", "#3", "GH-7"):
        assert word in prose.replace("\N{ZERO WIDTH SPACE}", "")
        assert word not in prose
    [fence] = [token.content for token in tokens if token.type == "fence"]
    assert fence.splitlines() == lines


def test_a_failure_larger_than_github_takes(workflow: Workflow, hub: Hub) -> None:
    story = journals.failing()
    story.end(
        "test.backend", cause="c" * 90_000, fix="f" * 90_000, details=[f"{n} " + "ü€𝄞`" * 3000 for n in range(500)]
    )
    story.fields["message"] = "m" * 90_000
    workflow.ran(story)
    assert workflow.invoke("github.report-failure").code == 0
    body = hub.issues[0]["body"]
    assert 30_000 < len(body.encode()) <= 65_536
    [fence] = [token for token in MarkdownIt("commonmark").parse(body) if token.type == "fence"]
    assert all("ü€𝄞" in line for line in fence.content.splitlines())
    assert "_Fix issue" not in fence.content
    assert body.rstrip().endswith("</sub>")


def test_no_secret_reaches_an_issue(workflow: Workflow, hub: Hub) -> None:
    story = journals.failing()
    foreign = "ghp_" + "a" * 36
    lines = [f"password {HARD}", f"clone https://ada:{foreign}@github.com/x", f"token {TOKEN}", f"key {foreign}"]
    story.end("test.backend", cause=f"no login with {HARD}", fix=f"not {TOKEN}", details=lines)
    story.fields["message"] = f"Write down {HARD}"
    workflow.ran(story)
    workflow.invoke("github.report-failure", DB_PASSWORD=HARD)
    text = json.dumps([hub.issues, hub.comments], ensure_ascii=False)
    for secret in (HARD, foreign, TOKEN):
        assert secret not in text
    assert "password ***\nclone https://***@github.com/x\ntoken ***\nkey ***\n" in hub.issues[0]["body"]
