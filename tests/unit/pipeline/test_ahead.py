"""Connecting while the step before is under way."""

from __future__ import annotations

from queue import Empty, SimpleQueue

import pytest

from shiplane.model import Event, Plan, Stage, Step
from shiplane.pipeline.ahead import Ahead

_SECONDS = 10.0


def step(name: str, action: str, *needs: str, environment: str = "") -> Step:
    return Step(name, name, needs, action=action, environment=environment)


LAB = step("build.lab", "lab")
PUSH = step("publish.push", "publish")
STAGING = step("staging.deploy", "deploy", "publish.push", environment="staging")
VERIFY = step("staging.verify", "verify", "staging.deploy", environment="staging")
PRODUCTION = step("production.deploy", "promote", "staging.verify", environment="production")


def followed(*steps: Step) -> tuple[Ahead, SimpleQueue[str]]:
    reached: SimpleQueue[str] = SimpleQueue()
    event = Event("manual", "main", "c" * 40)
    return Ahead(Plan(event, "lab", (Stage("all", 600, "all", steps),), "asked for"), reached.put), reached


def told(ahead: Ahead, kind: str, one: Step) -> None:
    ahead.on_record({"kind": kind, "step": one.id})


def names(reached: SimpleQueue[str], count: int) -> list[str]:
    found = [reached.get(timeout=_SECONDS) for _ in range(count)]
    with pytest.raises(Empty):
        reached.get(timeout=0.05)
    return sorted(found)


def test_the_step_before_reaches_the_environment_of_the_next() -> None:
    ahead, reached = followed(PUSH, STAGING, VERIFY, PRODUCTION)
    ahead.on_record({"kind": "note", "text": "nothing of a step"})
    told(ahead, "step_started", PUSH)
    assert names(reached, 1) == ["staging"]
    told(ahead, "step_ended", PUSH)
    told(ahead, "step_started", STAGING)
    assert names(reached, 1) == ["staging"]
    told(ahead, "step_ended", STAGING)
    told(ahead, "step_started", VERIFY)
    assert names(reached, 1) == ["production"]


def test_a_step_with_nothing_before_it_reaches_its_own() -> None:
    ahead, reached = followed(STAGING)
    told(ahead, "step_started", STAGING)
    assert names(reached, 1) == ["staging"]


def test_nothing_is_reached_while_more_than_one_step_is_missing() -> None:
    tests, push = step("test.backend", "process"), step("publish.push", "publish", "test.backend")
    runner = step("build.test-runner", "test-runner")
    e2e = step("e2e.tests", "e2e", "build.test-runner", "publish.push", environment="staging")
    ahead, reached = followed(tests, runner, push, e2e)
    for one in (tests, runner):
        told(ahead, "step_started", one)
    for one in (runner, tests):
        told(ahead, "step_ended", one)
    assert names(reached, 0) == []
    told(ahead, "step_started", push)
    assert names(reached, 1) == ["staging"]


@pytest.mark.parametrize("action", ["lab", "vpn"])
def test_nothing_is_reached_before_the_way_there_is_open(action: str) -> None:
    leading = step("build.lab", action)
    ahead, reached = followed(leading, PUSH, STAGING, VERIFY, PRODUCTION)
    told(ahead, "step_started", leading)
    told(ahead, "step_started", PUSH)
    told(ahead, "step_ended", PUSH)
    assert names(reached, 0) == []
    told(ahead, "step_ended", leading)
    told(ahead, "step_started", STAGING)
    assert names(reached, 1) == ["staging"]


def test_the_way_to_a_later_environment_delays_no_earlier_one() -> None:
    vpn = step("production.vpn", "vpn", "staging.verify", environment="production")
    ahead, reached = followed(PUSH, STAGING, VERIFY, vpn, PRODUCTION)
    told(ahead, "step_started", PUSH)
    assert names(reached, 1) == ["staging"]


def test_a_step_that_is_tried_again_reaches_nothing_again() -> None:
    ahead, reached = followed(PUSH, STAGING)
    told(ahead, "step_started", PUSH)
    told(ahead, "step_started", PUSH)
    assert names(reached, 1) == ["staging"]
