"""Steps that are tried again, and the time that each try has."""

from __future__ import annotations

import os
import signal
import threading
from typing import TYPE_CHECKING

import pytest

from benches import make_plan, make_stage
from shiplane.cli.run import exit_code
from shiplane.errors import (
    BreakingMigrations,
    DeployBroken,
    DeployUndone,
    HostKeyMissing,
    Interrupted,
    Locked,
    MigrationFailed,
    NotPrepared,
    RegistryRefused,
    ShiplaneError,
    StepFailed,
    TimeLimit,
    Unreachable,
    Unsafe,
    UsageError,
)
from shiplane.model import Outcome, Retry, Step

if TYPE_CHECKING:
    from collections.abc import Callable

    from benches import Bench
    from shiplane.runners.base import Cancel

    Say = Callable[[str], None]

WAIT = 10.0
TWICE = Retry(2, 0, "the registry is far away")


def failing(bench: Bench, name: str, *errors: Exception | None) -> list[int]:
    """Let the tries of a step fail one after the other, as told; give where they are counted."""
    left, counted = list(errors), []

    def act(_say: Say, _cancel: Cancel) -> None:
        counted.append(1)
        error = left.pop(0)
        if error is not None:
            raise error

    bench.behaviours[name] = act
    return counted


def one(bench: Bench, step: Step, limit: float = 60) -> Outcome:
    return bench.run(make_plan(make_stage("a", step, limit=limit)))[step.id]


def test_a_step_that_passes_on_its_third_try(bench: Bench) -> None:
    retry = Retry(4, 0.01, "the registry is far away")
    tries = failing(bench, "a.1", StepFailed("no route", "look"), Unreachable("gone", "look"), None)
    outcomes = bench.run(make_plan(make_stage("a", Step("a.1", "", retry=retry), Step("a.2", "", ("a.1",)))))
    assert (outcomes["a.1"].status, outcomes["a.1"].tries, len(tries)) == ("passed", 3, 3)
    assert outcomes["a.1"].seconds >= 0.03
    assert outcomes["a.2"].status == "passed"
    told = [{k: v for k, v in r.items() if k != "at"} for r in bench.records if r["kind"] == "step_retried"]
    common = {"kind": "step_retried", "stage": "a", "step": "a.1", "of": 4, "reason": "the registry is far away"}
    assert told == [
        {**common, "tries": 1, "wait_seconds": 0.01, "cause": "no route"},
        {**common, "tries": 2, "wait_seconds": 0.02, "cause": "gone"},
    ]
    assert [r["kind"] for r in bench.records if r.get("step") == "a.1"] == [
        "step_started",
        "step_retried",
        "step_retried",
        "step_ended",
    ]
    assert bench.journal.log_file("a.1").read_text() == (
        "no route; once more in 0.01 s: the registry is far away\ngone; once more in 0.02 s: the registry is far away\n"
    )


def test_the_last_failure_counts(bench: Bench) -> None:
    failing(bench, "a.1", StepFailed("first", "mend it"), StepFailed("second", "mend it"))
    found = one(bench, Step("a.1", "", retry=TWICE))
    assert (found.status, found.cause, found.tries, found.exit_code) == ("failed", "second", 2, 3)
    assert found.page == "docs/errors.md#step-failed"


def test_without_a_word_nothing_is_tried_again(bench: Bench) -> None:
    tries = failing(bench, "a.1", StepFailed("first", "mend it"))
    assert (one(bench, Step("a.1", "")).status, len(tries)) == ("failed", 1)


@pytest.mark.parametrize(
    "error",
    [
        Interrupted(),
        UsageError("no engine", "get one"),
        Unsafe("not tested", "test it"),
        BreakingMigrations("r1", [("app.0002", "drops a column")], ()),
        DeployBroken("nothing serves", "look"),
        Locked("staging", "run 7"),
        RegistryRefused("registry.test", "me"),
        HostKeyMissing("staging", "10.0.0.1", 22, "known_hosts"),
        NotPrepared("staging", ["docker"]),
        MigrationFailed("migrate failed", "r1", "mend it", ()),
        ZeroDivisionError(),
    ],
    ids=lambda error: type(error).__name__,
)
def test_what_another_try_cannot_mend_is_not_tried_again(bench: Bench, error: Exception) -> None:
    tries = failing(bench, "a.1", error)
    found = one(bench, Step("a.1", "", retry=TWICE))
    assert (found.tries, len(tries)) == (1, 1)
    assert found.exit_code == (error.exit_code if isinstance(error, ShiplaneError) else 1)


@pytest.mark.parametrize(
    "error", [StepFailed("", ""), Unreachable("", ""), DeployUndone("", ""), TimeLimit("docker push", 5)]
)
def test_what_may_pass_the_next_time_is_tried_again(bench: Bench, error: ShiplaneError) -> None:
    failing(bench, "a.1", error, None)
    assert one(bench, Step("a.1", "", retry=TWICE)).tries == 2


def test_a_step_past_its_own_limit_is_stopped_and_its_next_try_has_the_whole_time(bench: Bench) -> None:
    tries: list[int] = []

    def act(say: Say, cancel: Cancel) -> None:
        tries.append(1)
        say("page 3 of 9")
        cancel.sleep(WAIT if len(tries) == 1 else 0.4)

    bench.behaviours["a.1"] = act
    found = one(bench, Step("a.1", "tests", timeout_seconds=0.6, retry=TWICE))  # type: ignore[arg-type]
    assert (found.status, found.tries) == ("passed", 2)
    assert 1.0 <= found.seconds < WAIT / 2
    [told] = [r for r in bench.records if r["kind"] == "step_retried"]
    assert told["cause"] == "step a.1 reached its time limit of 0.6 s while: page 3 of 9"


def test_a_step_past_its_own_limit_says_where_that_is_set(bench: Bench) -> None:
    bench.behaviours["a.1"] = lambda _say, cancel: cancel.sleep(WAIT)
    found = one(bench, Step("a.1", "tests", timeout_seconds=0.05))  # type: ignore[arg-type]
    assert (found.status, found.exit_code, found.cause) == (
        "failed",
        124,
        "step a.1 reached its time limit of 0.05 s",
    )
    assert found.fix.endswith("the limit is set in [tool.shiplane.steps.a.1]")


def test_the_limit_of_a_stage_ends_it_whatever_its_steps_may_do(bench: Bench) -> None:
    bench.behaviours["a.1"] = lambda _say, cancel: cancel.sleep(WAIT)
    step = Step("a.1", "tests", timeout_seconds=50, retry=TWICE)
    found = one(bench, step, limit=0.05)
    assert (found.exit_code, found.tries) == (124, 1)
    assert found.cause == "stage a (tests) reached its time limit of 0.05 s"
    assert found.fix.endswith("the limit is set in [tool.shiplane.limits]")


def test_no_try_begins_after_the_end_of_its_stage(bench: Bench) -> None:
    failing(bench, "a.1", StepFailed("first", "mend it"))
    found = one(bench, Step("a.1", "", retry=Retry(3, 5, "it is far away")), limit=2)
    assert (found.status, found.cause, found.tries) == ("failed", "first", 1)
    assert found.seconds < 1


def test_while_a_step_waits_for_its_next_try_others_run(bench: Bench) -> None:
    done = threading.Event()
    tries: list[int] = []

    def act(_say: Say, _cancel: Cancel) -> None:
        tries.append(1)
        if len(tries) == 1:
            raise StepFailed("first", "mend it")
        assert done.is_set()

    bench.behaviours = {"a.1": act, "a.2": lambda _say, _cancel: done.set()}
    plan = make_plan(make_stage("a", Step("a.1", "", retry=Retry(2, 0.3, "it is far away")), Step("a.2", "")))
    assert exit_code(bench.run(plan, parallel=1)) == 0


def test_an_interrupt_ends_the_wait_for_the_next_try(bench: Bench) -> None:
    failing(bench, "a.1", StepFailed("first", "mend it"))
    bench.journal.listeners.append(
        lambda record: os.kill(os.getpid(), signal.SIGINT) if record["kind"] == "step_retried" else None
    )
    outcomes = bench.run(make_plan(make_stage("a", Step("a.1", "", retry=Retry(2, WAIT, "it is far away")))))
    found = outcomes["a.1"]
    assert (found.status, found.exit_code, found.cause, found.tries) == ("cancelled", 130, "interrupted", 1)
    assert found.seconds < WAIT / 2
    assert exit_code(outcomes) == 130


def test_an_undo_after_an_interrupt_is_no_reason_to_try_again(bench: Bench) -> None:
    def act(_say: Say, cancel: Cancel) -> None:
        os.kill(os.getpid(), signal.SIGINT)
        with pytest.raises(Interrupted):
            cancel.sleep(WAIT)
        raise DeployUndone("the deploy failed", "deploy again")

    bench.behaviours["a.1"] = act
    found = one(bench, Step("a.1", "", retry=TWICE))
    assert (found.exit_code, found.tries) == (6, 1)
