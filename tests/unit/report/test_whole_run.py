from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

import journals
from samples import OTHER
from shiplane.report.state import fold
from shiplane.report.whole_run import WholeRun, merged

if TYPE_CHECKING:
    from journals import Story
    from shiplane.model import Status
    from shiplane.report.state import RunState

EARLY = ("build", "test", "publish")


def run(story: Story) -> RunState:
    return fold(story.records)


def later(**end: object) -> RunState:
    """Give a command that left out what the first had done."""
    story = journals.passed()
    for name in story.steps:
        if name.partition(".")[0] in EARLY:
            story.end(name, how="not needed", seconds=0.0)
    story.end("staging.deploy", **end)
    return run(story)


def first(**end: object) -> RunState:
    story = journals.passed()
    story.extra = []
    story.leave_out(*(name for name in story.steps if name.partition(".")[0] not in EARLY))
    story.end("test.backend", **end)
    return run(story)


def test_one_command_is_itself() -> None:
    whole, alone = merged([run(journals.undone())]), run(journals.undone())
    assert (whole.status, whole.stages, whole.deployments) == (alone.status, alone.stages, alone.deployments)


def test_a_later_command_adds_to_an_earlier_one() -> None:
    early, late = first(), later()
    whole = merged([early, late])
    assert list(whole.stages) == list(late.stages)
    assert whole.stages["test"] == early.stages["test"]
    assert whole.stages["staging"] == late.stages["staging"]
    assert whole.status == "passed"
    assert whole.seconds == (early.seconds or 0) + (late.seconds or 0)
    assert list(whole.deployments) == ["41-staging", "41-production"]


def test_the_event_is_the_first_one_s() -> None:
    """A job that deploys by name takes itself for a command by hand."""
    late = later()
    late.event = "manual"
    assert merged([first(), late]).event == "push"


def test_a_stage_that_was_run_again_counts_as_it_ended_last() -> None:
    assert merged([first(status="failed", exit_code=3), first()]).status == "passed"
    assert merged([first(), first(status="failed", exit_code=3)]).status == "failed"
    assert merged([first(), later(status="failed", exit_code=6)]).status == "failed"


def test_a_command_that_ended_before_its_first_step() -> None:
    story = journals.Story()
    story.steps = {}
    story.say(0.5, "note", text="run 40 (process 7) does not end")
    records = story.records
    records[-1] |= {"status": "failed", "exit_code": 5}
    whole = WholeRun("41", "a.1", merged([first(), fold(records)]))
    assert whole.status == "failed"
    assert [(each.stage, each.step, each.cause) for each in whole.failures()] == [
        ("pipeline", "", "run 40 (process 7) does not end")
    ]


@pytest.mark.parametrize(
    ("jobs", "status"),
    [
        ({}, "passed"),
        ({"build": "success", "e2e": "skipped"}, "passed"),
        ({"build": "success", "e2e": "cancelled"}, "cancelled"),
        ({"build": "failure", "e2e": "cancelled"}, "failed"),
    ],
)
def test_jobs_tell_what_no_journal_does(jobs: dict[str, str], status: str) -> None:
    whole = WholeRun("41", "a.1", merged([run(journals.passed())]), jobs=jobs)
    assert whole.status == status
    assert [each.stage for each in whole.failures()] == (["build"] if status == "failed" else [])


def test_what_gave_way_says_nothing_of_the_commit() -> None:
    told = {"status": "failed", "exit_code": 5, "cause": "staging is held by run r7"}
    whole = WholeRun("41", "a.1", merged([first(), later(**told)]), jobs={"staging": "failure"})
    assert (whole.status, whole.failures(), whole.gave_way) == ("failed", [], "staging is held by run r7")
    both = WholeRun("41", "a.1", merged([first(status="failed", exit_code=3), later(**told)]))
    assert ([each.step for each in both.failures()], both.gave_way) == (["test.backend"], "")
    assert WholeRun("41", "a.1", merged([first()])).gave_way == ""


@pytest.mark.parametrize("cut_off", ["failed", "cancelled"])
def test_a_run_without_an_end(cut_off: Status) -> None:
    records = journals.passed().records
    began = next(at for at, record in enumerate(records) if record.get("step") == "test.backend")
    whole = WholeRun("41", "a.1", merged([fold(records[: began + 1])], cut_off))
    assert whole.status == cut_off
    causes = [(each.step, each.cause) for each in whole.failures()]
    told = "it has no end: its process was killed, or the machine was"
    assert causes == ([("test.backend", told)] if cut_off == "failed" else [])


@pytest.mark.parametrize(
    ("jobs", "rejected", "kept_out", "status"),
    [
        ({"staging": "success", "production": "failure"}, {"production"}, ("production",), "cancelled"),
        ({"staging": "success", "production": "failure"}, {"staging"}, (), "failed"),
        ({"build": "failure", "production": "skipped"}, {"production"}, (), "failed"),
        ({"build": "failure", "production": "failure"}, {"production"}, ("production",), "failed"),
        ({"rollback": "failure"}, {"production"}, ("rollback",), "cancelled"),
        ({"rollback": "failure"}, set(), (), "failed"),
    ],
)
def test_a_job_that_a_reviewer_rejects_did_not_fail(
    jobs: dict[str, str], rejected: set[str], kept_out: tuple[str, ...], status: str
) -> None:
    whole = WholeRun("41", "a.1", merged([first()]), jobs=jobs, silent=frozenset(jobs))
    told = whole.reviewed(rejected)
    assert (told.rejected, told.status) == (kept_out, status)
    failed = [job for job, result in jobs.items() if result == "failure" and job not in kept_out]
    assert [each.stage for each in told.failures()] == failed


def test_a_job_that_said_something_had_begun() -> None:
    whole = WholeRun("41", "a.1", merged([first()]), jobs={"production": "failure"}, silent=frozenset({"staging"}))
    assert (whole.unbegun, whole.reviewed({"production"}).status) == ([], "failed")
    broken = WholeRun("41", "a.1", merged([first(status="failed", exit_code=3)]), jobs={"test": "failure"})
    assert replace(broken, silent=frozenset({"test"})).unbegun == []


def test_what_ships_another_release_than_its_own() -> None:
    story = journals.Story()
    assert not WholeRun("41", "a.1", run(story)).ships_another
    story.deployed(137.5, "staging")
    assert not WholeRun("41", "a.1", run(story)).ships_another
    story.deployed(208.0, "production", release=OTHER[:12], commit=OTHER, action="rollback")
    assert WholeRun("41", "a.1", run(story)).ships_another
