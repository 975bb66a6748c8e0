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
    told(ahead, "step_started", VERIFY)
    assert names(reached, 2) == ["production", "staging"]


def test_a_step_with_nothing_before_it_reaches_its_own() -> None:
    ahead, reached = followed(STAGING)
    told(ahead, "step_started", STAGING)
    assert names(reached, 1) == ["staging"]


def test_production_is_not_reached_before_the_step_next_to_it() -> None:
    ahead, reached = followed(PUSH, PRODUCTION, VERIFY)
    told(ahead, "step_started", PUSH)
    told(ahead, "step_ended", PUSH)
    assert names(reached, 0) == []


@pytest.mark.parametrize("action", ["lab", "vpn"])
def test_nothing_is_reached_before_the_way_there_is_open(action: str) -> None:
    leading = step("build.lab", action)
    ahead, reached = followed(leading, PUSH, STAGING, VERIFY, PRODUCTION)
    told(ahead, "step_started", PUSH)
    told(ahead, "step_started", leading)
    assert names(reached, 0) == []
    told(ahead, "step_ended", leading)
    told(ahead, "step_started", STAGING)
    assert names(reached, 1) == ["staging"]


def test_a_step_that_is_tried_again_reaches_nothing_again() -> None:
    ahead, reached = followed(PUSH, STAGING)
    told(ahead, "step_started", PUSH)
    told(ahead, "step_started", PUSH)
    assert names(reached, 1) == ["staging"]
