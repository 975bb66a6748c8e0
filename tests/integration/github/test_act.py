"""Which jobs an event leads to, what they call and hand on, by act: the workflows as they are, on this machine."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest

from acting import SECRETS, Actor
from journals import RELEASE
from samples import OTHER
from telling import STAGES, Teller

if TYPE_CHECKING:
    from acting import Acted

MAIN = {"ref": "refs/heads/main"}
REPORT = [("report", f"github.{name}") for name in ("deployments", "report-failure", "close-fixed")]
NAMES = {"staging": "staging and e2e"}
"""What jobs are called that are not called as they are in the file."""


@pytest.fixture(scope="module")
def actor(tmp_path_factory: pytest.TempPathFactory) -> Actor:
    return Actor(tmp_path_factory.mktemp("act"))


@pytest.fixture(scope="module")
def teller(tmp_path_factory: pytest.TempPathFactory) -> Teller:
    return Teller(tmp_path_factory.mktemp("told"))


@pytest.fixture(scope="module")
def released(actor: Actor) -> Acted:
    return actor.run("push", MAIN)


def pull_request(repository: str) -> dict[str, Any]:
    head = {"ref": "main", "repo": {"full_name": repository, "fork": repository != "acme/app"}}
    return {"pull_request": {"number": 7, "head": head, "base": {"ref": "main"}}, "ref": "refs/pull/7/merge"}


def reached(job: str, line: str) -> list[tuple[str, str]]:
    """Give what a job types that reaches a server."""
    return [(job, f"{line} --target remote"), (job, "vpn.leave")]


def delivered(release: str) -> list[tuple[str, str]]:
    return reached("staging", f"deploy --env staging --release {release} --e2e")


def promoted(release: str) -> list[tuple[str, str]]:
    return reached("production", f"promote --to production --release {release}")


BUILD = ("build", "pipeline --target remote --until publish")


def test_a_push_to_main_goes_to_production(actor: Actor, released: Acted) -> None:
    assert released.code == 0, released.said
    assert released.lines[:-1] == [BUILD, *delivered(actor.commit), *promoted(actor.commit), *REPORT]
    assert released.lines[-1][1].startswith("report --whole --markdown /")


def test_what_a_job_learned_reaches_all_that_follow(released: Acted) -> None:
    jobs = ["build", "staging", "production", "report"]
    for at, job in enumerate(jobs):
        assert released.first(job)["left"] == sorted(jobs[:at])


def test_secrets_reach_the_steps_that_need_them(released: Acted) -> None:
    reach = [call for call in released.calls if call["line"] != "vpn.leave"]
    assert [call["secrets"] for call in released.calls if call not in reach] == [[]] * 2
    for call in reach:
        assert call["secrets"] == ([] if call["job"] in ("build", "report") else list(SECRETS))
        assert call["token"] == (not call["line"].startswith("report "))


def test_the_report_knows_how_each_job_ended(released: Acted) -> None:
    ended = dict.fromkeys(("build", "staging", "production"), "success")
    assert released.first("report")["jobs"] == {"check": "skipped", **ended}


def test_the_report_is_given_what_each_job_handed_on(released: Acted) -> None:
    assert released.first("report")["outputs"] == outputs("build", "staging", "production")


def outputs(*jobs: str) -> dict[str, dict[str, str]]:
    """Give what the report is told that these jobs handed on."""
    names = ("check", "build", "staging", "production")
    return {job: {"state": f"state-{job}-1" if job in jobs else ""} for job in names}


def rows(page: str) -> dict[str, str]:
    """Give how each stage ended, as its table says."""
    return dict(re.findall(r"^\| \S (\w+) \| (\w+) \| [\d.]+ \w+ \| 0 of \d+ \|$", page, re.MULTILINE))


def tell(done: Acted, jobs: tuple[str, ...], report: str = "report") -> None:
    """Hold what a run handed on, and its pages: of each job its stages, and of the last one those of all."""
    assert done.code == 0, done.said
    assert done.first(report)["outputs"] == outputs(*jobs)
    assert done.lines[-1][0] == report
    assert done.lines[-1][1].startswith("report --whole --markdown /")
    pages = {name: list(rows(page).items()) for name, page in done.summaries}
    stages = {NAMES.get(job, job): [(stage, "passed") for stage in STAGES[job]] for job in jobs}
    assert list(pages.items()) == [*stages.items(), (report, [row for each in stages.values() for row in each])]


def test_the_page_of_each_job_tells_its_stages_and_the_last_one_all(teller: Teller) -> None:
    told = teller.run("push", MAIN)
    tell(told, ("build", "staging", "production"))
    pages = dict(told.summaries)
    assert pages["report"].startswith("## ✓ Run 1: passed in ")
    for name, image in RELEASE["images"].items():
        digest = f"| {name} | `{image['digest'][:19]}` | `{image['reference']}` |"
        assert [digest in pages[page] for page in ("build", "report")] == [True, True]
    for environment, page in (("staging", "staging and e2e"), ("production", "production")):
        deployed = f"| {environment} | deployed | `{OTHER[:12]}` | `{RELEASE['id']}` | <https://{environment}.test> |"
        assert [deployed in pages[one] for one in (page, "report")] == [True, True]


def test_a_push_to_a_feature_branch_ends_on_staging(teller: Teller) -> None:
    done = teller.run("push", {"ref": "refs/heads/feature/x"})
    tell(done, ("build", "staging"))
    assert done.lines[:-1] == [BUILD, *delivered(teller.commit), *REPORT]
    assert done.first("report")["jobs"]["production"] == "skipped"


@pytest.mark.parametrize("repository", ["acme/app", "mallory/app"])
def test_a_pull_request_is_checked_without_secrets(teller: Teller, repository: str) -> None:
    done = teller.run("pull_request", pull_request(repository))
    tell(done, ("check",), "report-check")
    report = [("report-check", line) for _, line in REPORT]
    assert done.lines[:-1] == [("check", "pipeline --target remote"), *report]
    assert (done.first("check")["secrets"], done.first("check")["token"]) == ([], False)
    assert done.first("report-check")["left"] == ["1", "check"]


@pytest.mark.parametrize("environment", ["staging", "production"])
def test_a_release_that_is_asked_for_is_not_built(teller: Teller, environment: str) -> None:
    inputs = {"environment": environment, "release": "0123456789ab"}
    done = teller.run("workflow_dispatch", {**MAIN, "inputs": inputs})
    jobs = ("staging", "production") if environment == "production" else ("staging",)
    tell(done, jobs)
    last = promoted("0123456789ab") if environment == "production" else []
    assert done.lines[:-1] == [*delivered("0123456789ab"), *last, *REPORT]


def test_by_hand_the_branch_is_built(teller: Teller) -> None:
    done = teller.run("workflow_dispatch", {**MAIN, "inputs": {"environment": "staging", "release": ""}})
    tell(done, ("build", "staging"))
    assert done.lines[:-1] == [BUILD, *delivered(teller.commit), *REPORT]


@pytest.mark.parametrize(("failing", "job"), [("pipeline", "build"), ("deploy", "staging")])
def test_nothing_follows_a_job_that_failed_but_the_report(actor: Actor, failing: str, job: str) -> None:
    done = actor.run("push", MAIN, failing=failing)
    assert done.code == 1
    before = {"build": [BUILD], "staging": [BUILD, *delivered(actor.commit)]}[job]
    assert done.lines[:-1] == [*before, *REPORT]
    report = done.first("report")
    assert (report["jobs"][job], report["jobs"]["production"]) == ("failure", "skipped")
    assert report["left"] == (["build", "staging"] if job == "staging" else ["build"])


def test_one_report_that_fails_leaves_the_others(actor: Actor) -> None:
    done = actor.run("push", {"ref": "refs/heads/feature/x"}, failing="github.deployments")
    assert done.code == 1
    assert done.lines[:-1] == [BUILD, *delivered(actor.commit), *REPORT]
    assert done.lines[-1][1].startswith("report --whole")
    inputs = {"environment": "production", "release": ""}
    back = actor.run("workflow_dispatch", {**MAIN, "inputs": inputs}, "rollback", failing="github.deployments")
    assert (back.code, back.lines[2:]) == (1, REPORT)


@pytest.mark.parametrize("release", ["", "0123456789ab"])
def test_a_rollback(actor: Actor, release: str) -> None:
    inputs = {"environment": "production", "release": release}
    done = actor.run("workflow_dispatch", {**MAIN, "inputs": inputs}, "rollback")
    assert done.code == 0, done.said
    assert done.lines == [*reached("rollback", f"rollback --env production --to {release}"), *REPORT]
    assert done.first("rollback")["secrets"] == list(SECRETS)
    assert done.first("report")["left"] == ["rollback"]


@pytest.mark.parametrize("failing", ["", "unlock"])
def test_housekeeping_looks_after_both_environments(actor: Actor, failing: str) -> None:
    """What fails keeps nothing else from being done."""
    done = actor.run("schedule", {}, "housekeeping", failing=failing)
    assert done.code == bool(failing), done.said
    # One after the other: a machine is in the VPN for one environment at a time.
    assert [line for _, line in done.lines] == [
        line
        for name in ("staging", "production")
        for line in (
            f"unlock --env {name} --stale --if-deployed --target remote",
            f"server.prune --env {name} --if-deployed --target remote",
            f"verify --env {name} --if-deployed --target remote",
            "vpn.leave",
        )
    ]
    held = [name for name in SECRETS if not name.endswith("PASSWORD")]
    for call in done.calls:
        assert call["secrets"] == ([] if call["line"] == "vpn.leave" else held)
