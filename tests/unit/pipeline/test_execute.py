from __future__ import annotations

import os
import signal
import threading
from dataclasses import replace
from typing import TYPE_CHECKING, NoReturn

import pytest

from benches import make_plan, make_stage
from shiplane.cli.run import exit_code
from shiplane.errors import DeployUndone, Interrupted, JournalLost, StepFailed, TimeLimit, Unreachable
from shiplane.model import Command, Outcome, Step
from shiplane.pipeline.execute import process_action, run_checked, worst
from shiplane.runners.base import Cancel
from shiplane.runners.recording import RecordingRunner

if TYPE_CHECKING:
    from collections.abc import Callable

    from benches import Bench

    Say = Callable[[str], None]

WAIT = 10.0
"""Seconds after which a test that hangs gives up; nothing waits that long when all is well."""


def fail(_say: Say, _cancel: Cancel) -> NoReturn:
    raise StepFailed("it failed", "mend it", ("line 1", "line 2"))


def wait_for(event: threading.Event) -> Callable[[Say, Cancel], None]:
    def act(_say: Say, _cancel: Cancel) -> None:
        assert event.wait(WAIT)

    return act


def until_cancelled(say: Say, cancel: Cancel) -> None:
    say("page 3 of 9")
    cancel.sleep(WAIT)


def test_steps_run_in_the_order_of_their_needs(bench: Bench) -> None:
    steps = (Step("a.3", "", ("a.2",)), Step("a.1", ""), Step("a.2", "", ("a.1",)))
    outcomes = bench.run(make_plan(make_stage("a", *steps)))
    assert bench.started == ["a.1", "a.2", "a.3"]
    assert {name: outcome.status for name, outcome in outcomes.items()} == dict.fromkeys(
        ("a.1", "a.2", "a.3"), "passed"
    )
    assert exit_code(outcomes) == 0


def test_steps_without_needs_run_side_by_side(bench: Bench) -> None:
    meeting = threading.Barrier(3, timeout=WAIT)
    for name in ("a.1", "a.2", "a.3"):
        bench.behaviours[name] = lambda _say, _cancel: meeting.wait() and None
    outcomes = bench.run(make_plan(make_stage("a", *(Step(f"a.{n}", "") for n in (1, 2, 3)))))
    assert exit_code(outcomes) == 0


@pytest.mark.parametrize("parallel", [1, 2])
def test_no_more_steps_run_side_by_side_than_allowed(bench: Bench, parallel: int) -> None:
    running: list[int] = []
    seen: list[int] = []

    def act(_say: Say, cancel: Cancel) -> None:
        running.append(1)
        seen.append(len(running))
        cancel.sleep(0.01)
        running.pop()

    names = [f"a.{number}" for number in range(6)]
    bench.behaviours |= dict.fromkeys(names, act)
    bench.run(make_plan(make_stage("a", *(Step(name, "") for name in names))), parallel)
    assert max(seen) <= parallel
    assert len(seen) == 6


@pytest.mark.parametrize(("parallel", "beside"), [(2, False), (4, True)])
def test_images_that_are_needed_late_are_built_beside_the_first_ones_where_cores_are_left(
    bench: Bench,
    parallel: int,
    beside: bool,  # noqa: FBT001 - a parameter
) -> None:
    seen = threading.Event()
    made: list[bool] = []
    bench.behaviours = {
        "build.runner": lambda _say, _cancel: seen.set(),
        "build.images": lambda _say, _cancel: made.append(seen.wait(WAIT if beside else 0.1)),
    }
    images, runner = (Step(f"build.{name}", "", definition="{}") for name in ("images", "runner"))
    made_of = replace(images, id="build.more", needs=("build.images",))
    later = [Step(f"a.{n}", "", (f"a.{n - 1}" if n else "build.more",)) for n in range(3)]
    last = Step("a.3", "", ("a.2", "build.runner"))
    outcomes = bench.run(
        make_plan(make_stage("build", runner, images, made_of), make_stage("a", *later, last)), parallel
    )
    assert exit_code(outcomes) == 0
    assert made == [beside]


def test_a_failure_lets_its_siblings_end_and_skips_what_needs_it(bench: Bench) -> None:
    failed = threading.Event()

    def failing(_say: Say, _cancel: Cancel) -> None:
        failed.set()
        fail(_say, _cancel)

    bench.behaviours = {"test.backend": failing, "test.frontend": wait_for(failed)}
    test = make_stage("test", Step("test.backend", ""), Step("test.frontend", ""))
    publish = make_stage("publish", Step("publish.push", "", ("test.backend", "test.frontend")))
    later = make_stage("staging", Step("staging.deploy", "", ("publish.push",)))
    outcomes = bench.run(make_plan(test, publish, later))
    assert {name: outcome.status for name, outcome in outcomes.items()} == {
        "test.backend": "failed",
        "test.frontend": "passed",
        "publish.push": "skipped",
        "staging.deploy": "skipped",
    }
    assert bench.told("stage_ended") == {"test": "failed", "publish": "skipped", "staging": "skipped"}
    assert exit_code(outcomes) == 3
    failure = outcomes["test.backend"]
    assert (failure.cause, failure.fix, failure.details) == ("it failed", "mend it", ("line 1", "line 2"))


def test_every_failure_is_reported(bench: Bench) -> None:
    names = ("test.backend", "test.frontend", "test.lint")
    bench.behaviours = dict.fromkeys(names, fail)
    bench.run(make_plan(make_stage("test", *(Step(name, "") for name in names))))
    ended = [record for record in bench.records if record["kind"] == "step_ended"]
    assert {record["step"] for record in ended} == set(names)
    for record in ended:
        told = [record[key] for key in ("status", "exit_code", "cause", "fix", "details")]
        assert told == ["failed", 3, "it failed", "mend it", ["line 1", "line 2"]]


def test_the_journal_of_a_run(bench: Bench) -> None:
    bench.run(make_plan(make_stage("a", Step("a.1", "")), make_stage("b", Step("b.1", "", ("a.1",)))))
    assert [(r["kind"], r.get("stage"), r.get("step")) for r in bench.records] == [
        ("stage_started", "a", None),
        ("step_started", "a", "a.1"),
        ("step_ended", "a", "a.1"),
        ("stage_ended", "a", None),
        ("stage_started", "b", None),
        ("step_started", "b", "b.1"),
        ("step_ended", "b", "b.1"),
        ("stage_ended", "b", None),
    ]


def test_output_goes_to_the_log_of_its_step(bench: Bench) -> None:
    bench.behaviours["a.1"] = lambda say, _cancel: say("hello")
    bench.run(make_plan(make_stage("a", Step("a.1", ""))))
    assert bench.journal.log_file("a.1").read_text() == "hello\n"
    assert all("hello" not in str(record) for record in bench.records)


def test_a_bug_in_a_step_is_told_as_one_and_loses_no_other_outcome(bench: Bench) -> None:
    def buggy(_say: Say, _cancel: Cancel) -> None:
        raise KeyError("TS_OAUTH_SECRET")

    bench.behaviours["a.1"] = buggy
    outcomes = bench.run(make_plan(make_stage("a", Step("a.1", ""), Step("a.2", ""))))
    log = bench.journal.log_file("a.1")
    found = outcomes["a.1"]
    assert (found.status, found.exit_code) == ("failed", 1)
    assert found.cause == "a bug in Shiplane: KeyError in a.1"
    assert found.fix == f"please report it with the log {log}"
    assert "Traceback (most recent call last):" in log.read_text()
    assert "KeyError: 'TS_OAUTH_SECRET'" in log.read_text()
    assert outcomes["a.2"].status == "passed"
    assert exit_code(outcomes) == 1


def test_a_stage_past_its_limit_is_stopped_and_says_what_it_was_doing(bench: Bench) -> None:
    bench.behaviours["e2e.tests"] = until_cancelled
    stages = (
        make_stage("e2e", Step("e2e.tests", "browser tests"), limit=0.05),
        make_stage("production", Step("production.deploy", "", ("e2e.tests",))),
    )
    outcomes = bench.run(make_plan(*stages))
    found = outcomes["e2e.tests"]
    assert (found.status, found.exit_code) == ("failed", 124)
    assert found.cause == "stage e2e (browser tests) reached its time limit of 0.05 s while: page 3 of 9"
    assert found.seconds < WAIT / 2
    assert outcomes["production.deploy"].status == "skipped"
    assert exit_code(outcomes) == 124


def test_build_test_and_publish_share_one_clock(bench: Bench) -> None:
    """The build takes part of the time; the test that follows is stopped when the whole is over."""
    bench.behaviours = {"build.images": lambda _say, cancel: cancel.sleep(0.6), "test.backend": until_cancelled}
    stages = (
        make_stage("build", Step("build.images", "images"), limit=1.5, clock="build"),
        make_stage("test", Step("test.backend", "tests", ("build.images",)), limit=1.5, clock="build"),
    )
    outcomes = bench.run(make_plan(*stages))
    assert outcomes["build.images"].status == "passed"
    assert outcomes["test.backend"].exit_code == 124
    assert outcomes["test.backend"].seconds < 1.5


def test_another_clock_starts_with_its_own_stage(bench: Bench) -> None:
    """Together the two take longer than the limit of each."""
    bench.behaviours = dict.fromkeys(("build.images", "e2e.tests"), lambda _say, cancel: cancel.sleep(0.9))
    stages = (
        make_stage("build", Step("build.images", "images"), limit=1.6),
        make_stage("e2e", Step("e2e.tests", "tests", ("build.images",)), limit=1.6),
    )
    assert exit_code(bench.run(make_plan(*stages))) == 0


def test_a_time_limit_stops_the_steps_of_its_stage_alone(bench: Bench) -> None:
    stopped = threading.Event()

    def slow(say: Say, cancel: Cancel) -> None:
        try:
            until_cancelled(say, cancel)
        finally:
            stopped.set()

    bench.behaviours = {"a.1": slow, "b.1": wait_for(stopped)}
    outcomes = bench.run(
        make_plan(make_stage("a", Step("a.1", ""), limit=0.05), make_stage("b", Step("b.1", ""), limit=30))
    )
    assert (outcomes["a.1"].exit_code, outcomes["b.1"].status) == (124, "passed")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_an_interrupt_cancels_what_runs_and_starts_nothing_more(bench: Bench, number: signal.Signals) -> None:
    def interrupted(_say: Say, cancel: Cancel) -> None:
        os.kill(os.getpid(), number)
        cancel.sleep(WAIT)

    bench.behaviours["a.1"] = interrupted
    plan = make_plan(make_stage("a", Step("a.1", "backend tests")), make_stage("b", Step("b.1", "", ("a.1",))))
    outcomes = bench.run(plan)
    assert (outcomes["a.1"].status, outcomes["a.1"].exit_code) == ("cancelled", 130)
    assert outcomes["a.1"].cause == "interrupted while: backend tests"
    assert outcomes["b.1"].status == "cancelled"
    assert bench.started == ["a.1"]
    assert bench.told("stage_ended") == {"a": "cancelled", "b": "cancelled"}
    assert exit_code(outcomes) == 130


def test_more_interrupts_do_not_lose_what_became_of_a_deploy(bench: Bench) -> None:
    told = threading.Event()
    bench.journal.listeners.append(lambda record: told.set() if record["kind"] == "note" else None)

    def deploy(_say: Say, cancel: Cancel) -> None:
        os.kill(os.getpid(), signal.SIGINT)
        with pytest.raises(Interrupted):
            cancel.sleep(WAIT)
        assert not cancel.at_once
        for _ in range(3):
            os.kill(os.getpid(), signal.SIGINT)
        assert told.wait(WAIT)
        raise DeployUndone("the deploy failed", "deploy again")

    bench.behaviours["staging.deploy"] = deploy
    outcomes = bench.run(make_plan(make_stage("staging", Step("staging.deploy", "deploy", host="staging"))))
    assert (outcomes["staging.deploy"].status, exit_code(outcomes)) == ("failed", 6)
    assert [record["kind"] for record in bench.records[-3:]] == ["note", "step_ended", "stage_ended"]
    assert [record["text"] for record in bench.records if record["kind"] == "note"] == [
        "killing what runs here; what was begun on staging is taken back first, please wait"
    ]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_second_interrupt_kills(bench: Bench, number: signal.Signals) -> None:
    told = threading.Event()
    bench.journal.listeners.append(lambda record: told.set() if record["kind"] == "note" else None)

    def cleaning_up(_say: Say, cancel: Cancel) -> None:
        os.kill(os.getpid(), signal.SIGINT)
        with pytest.raises(Interrupted):
            cancel.sleep(WAIT)
        os.kill(os.getpid(), number)
        assert told.wait(WAIT)
        cancel.killed = cancel.at_once
        cancel.check()

    bench.behaviours["a.1"] = cleaning_up
    execution = bench.execution(make_plan(make_stage("a", Step("a.1", "backend tests"))))
    outcomes = execution.run()
    assert (outcomes["a.1"].status, exit_code(outcomes), execution.killed) == ("cancelled", 130, True)
    assert [record["text"] for record in bench.records if record["kind"] == "note"] == ["killing what runs here"]


def test_a_terminal_that_closes_is_one_interrupt_however_often_it_says_so(bench: Bench) -> None:
    def cleaning_up(_say: Say, cancel: Cancel) -> None:
        for _ in range(2):
            os.kill(os.getpid(), signal.SIGHUP)
        with pytest.raises(Interrupted):
            cancel.sleep(WAIT)
        cancel.sleep(0.2) if not cancel.is_set() else threading.Event().wait(0.2)
        assert not cancel.at_once
        cancel.check()

    bench.behaviours["a.1"] = cleaning_up
    assert exit_code(bench.run(make_plan(make_stage("a", Step("a.1", ""))))) == 130
    assert [record for record in bench.records if record["kind"] == "note"] == []


def test_the_first_failure_ends_the_run_where_it_is_asked_to_be_fast(bench: Bench) -> None:
    started = threading.Event()

    def slow(_say: Say, cancel: Cancel) -> None:
        started.set()
        cancel.sleep(WAIT)

    def failing(_say: Say, _cancel: Cancel) -> None:
        assert started.wait(WAIT)
        fail(_say, _cancel)

    bench.behaviours = {"test.backend": failing, "test.frontend": slow}
    test = make_stage("test", Step("test.backend", "backend tests"), Step("test.frontend", ""), Step("test.lint", ""))
    publish = make_stage("publish", Step("publish.push", "", ("test.backend",)))
    outcomes = bench.execution(make_plan(test, publish), 2, fail_fast=True).run()
    assert {name: (outcome.status, outcome.exit_code) for name, outcome in outcomes.items()} == {
        "test.backend": ("failed", 3),
        "publish.push": ("skipped", 0),
        "test.lint": ("cancelled", 3),
        "test.frontend": ("cancelled", 3),
    }
    assert outcomes["test.frontend"].cause == "stopped because backend tests failed (--fail-fast)"
    assert exit_code(outcomes) == 3


def test_a_journal_that_cannot_be_written_ends_the_run_and_what_it_began(bench: Bench) -> None:
    cancelled: list[bool] = []

    def slow(_say: Say, cancel: Cancel) -> None:
        try:
            cancel.sleep(WAIT)
        finally:
            cancelled.append(cancel.is_set())

    def full(record: dict[str, object]) -> None:
        if record["kind"] == "step_ended":
            raise JournalLost("journal.jsonl", "No space left on device")

    bench.behaviours["a.1"] = slow
    bench.journal.listeners.append(full)
    with pytest.raises(JournalLost, match=r"^journal.jsonl cannot be written: No space left on device$"):
        bench.run(make_plan(make_stage("a", Step("a.1", ""), Step("a.2", ""))))
    assert cancelled == [True]


def test_a_log_that_cannot_be_written_fails_its_step(bench: Bench) -> None:
    def lost(_step: str, _line: str) -> None:
        raise JournalLost("a.1.log", "No space left on device")

    bench.journal.lines.append(lost)
    bench.behaviours = {"a.1": lambda say, _cancel: say("hello"), "a.2": lambda _say, _cancel: 1 / 0}
    outcomes = bench.run(make_plan(make_stage("a", Step("a.1", ""), Step("a.2", ""))))
    assert outcomes["a.1"].cause == "a.1.log cannot be written: No space left on device"
    assert outcomes["a.2"].cause == "a bug in Shiplane: ZeroDivisionError in a.2"


def test_an_action_may_say_that_it_was_not_needed(bench: Bench) -> None:
    said = Outcome("passed", how="reused", reused_from="7", cause="nothing changed since run 7")
    bench.answers["a.1"] = said
    outcomes = bench.run(make_plan(make_stage("a", Step("a.1", ""), Step("a.2", "", ("a.1",)))))
    assert replace(outcomes["a.1"], seconds=0) == replace(said, tries=0)
    [ended] = [r for r in bench.records if r["kind"] == "step_ended" and r["step"] == "a.1"]
    assert [ended[key] for key in ("status", "how", "reused_from", "cause", "tries")] == [
        "passed", "reused", "7", "nothing changed since run 7", 0
    ]  # fmt: skip
    assert outcomes["a.2"].tries == 1


@pytest.mark.parametrize(
    ("statuses", "status"),
    [
        (["passed", "passed"], "passed"),
        (["passed", "skipped"], "skipped"),
        (["skipped", "cancelled"], "cancelled"),
        (["cancelled", "failed", "passed"], "failed"),
    ],
)
def test_a_stage_ends_as_the_worst_of_its_steps(statuses: list[str], status: str) -> None:
    assert worst([Outcome(one) for one in statuses]) == status  # type: ignore[arg-type]


def test_a_process_step_runs_its_commands_until_one_fails() -> None:
    runner = RecordingRunner([("two", "no such table", 1)])
    said: list[str] = []
    step = Step("a.1", "backend tests", commands=tuple(Command((name,)) for name in ("one", "two", "three")))
    with pytest.raises(StepFailed) as caught:
        process_action(runner)(step, said.append, Cancel())
    assert runner.transcript == ["local$ one", "local$ two"]
    assert said == ["$ one", "$ two", "no such table"]
    assert caught.value.cause == "backend tests failed with exit code 1"
    assert caught.value.details == ("no such table",)


def test_a_checked_command_gives_its_stdout_and_heeds_the_cancel() -> None:
    runner = RecordingRunner([("one", "answer", 0)])
    assert run_checked(runner, Command(("one",)), "asking", lambda _line: None, None) == "answer"
    cancel = Cancel()
    cancel.set(Unreachable("gone", "look"))
    cancel.set(TimeLimit("later", 1))
    with pytest.raises(Unreachable, match="gone"):
        run_checked(runner, Command(("two",)), "asking", lambda _line: None, cancel)
    assert len(runner.commands) == 1


def test_an_interrupt_that_a_step_raises_itself_counts_as_one(bench: Bench) -> None:
    def act(_say: Say, _cancel: Cancel) -> None:
        raise Interrupted("waiting for staging")

    bench.behaviours["a.1"] = act
    outcomes = bench.run(make_plan(make_stage("a", Step("a.1", ""))))
    assert outcomes["a.1"].status == "cancelled"
    assert exit_code(outcomes) == 130
