from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

from samples import CONFIG
from shiplane.config import StepSettings
from shiplane.model import STEP_NAMES, Retry, Step
from shiplane.planning.limits import limited


def test_steps_get_what_the_configuration_says_of_them() -> None:
    told = (StepSettings("e2e.tests", 0, 3, 10, "the network"), StepSettings("test.backend", 600))
    steps = [Step("test.backend", "tests"), Step("test.lint", ""), Step("e2e.tests", "", ("test.backend",))]
    assert limited(steps, replace(CONFIG, steps=told)) == (
        Step("test.backend", "tests", timeout_seconds=600),
        Step("test.lint", ""),
        Step("e2e.tests", "", ("test.backend",), retry=Retry(3, 10, "the network")),
    )
    assert limited(steps, CONFIG) == tuple(steps)


def test_every_step_of_every_plan_can_be_named_and_no_other() -> None:
    cases = (json.loads(file.read_text()) for file in (Path(__file__).parents[2] / "cases" / "plans").glob("*.json"))
    planned = {step["id"] for case in cases for stage in case["plan"]["stages"] for step in stage["steps"]}
    by_hand = {"staging.rollback", "production.rollback", "production.promote", "e2e.vpn", "e2e.bases", "e2e.runner"}
    known = {f"{stage}.{name}" for stage, names in STEP_NAMES.items() for name in names}
    assert known == planned | by_hand
