from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from benches import make_plan, make_stage
from shiplane.errors import NotPassed, UsageError
from shiplane.model import Decision, Inputs, Step
from shiplane.planning import select

if TYPE_CHECKING:
    from shiplane.model import Plan

CLEAN = Step("build.clean", "", only_for=("test.backend",))
IMAGES = Step("build.images", "", ("build.clean",), inputs=Inputs(), only_for=("test.backend",))
TESTS = Step("test.backend", "", ("build.images",), inputs=Inputs(), decision=Decision("run", "its inputs changed"))
VPN = Step("staging.vpn", "", ("test.backend",), action="vpn")
DEPLOY = Step("staging.deploy", "", ("staging.vpn",), asks="the host", decision=Decision("ask", "decided by the host"))
E2E = Step("e2e.tests", "", ("staging.deploy",))


def plan() -> Plan:
    stages = (("build", CLEAN, IMAGES), ("test", TESTS), ("staging", VPN, DEPLOY), ("e2e", E2E))
    return make_plan(*(make_stage(name, *steps) for name, *steps in stages))  # type: ignore[arg-type]


def passed(*names: str) -> dict[str, str]:
    return dict.fromkeys(names, "7")


def decided(made: Plan) -> dict[str, Decision]:
    return {step.id: step.decision for step in made.steps}


def test_the_stages_after_one_are_left_out() -> None:
    assert [stage.name for stage in select.until(plan(), "test").stages] == ["build", "test"]
    assert select.until(plan(), "e2e") == plan()


def test_the_stages_before_one_count_where_all_of_them_passed() -> None:
    before = passed("test.backend", "staging.deploy")
    made = select.starting_from(plan(), "e2e", lambda step: before.get(step.id))
    left = Decision("skip", "it passed in run 7", "7")
    assert decided(made) == {
        **dict.fromkeys(("build.clean", "build.images"), Decision("skip", "with those that need it")),
        "test.backend": left,
        "staging.vpn": Decision(),  # the process needs it
        "staging.deploy": left,
        "e2e.tests": E2E.decision,
    }
    assert [step.estimate_seconds for step in made.steps] == [0.0, 0.0, 0.0, None, 0.0, None]
    unchanged = {"decision": Decision(), "estimate_seconds": None}
    assert [replace(step, **unchanged) for step in made.steps] == [replace(step, **unchanged) for step in plan().steps]


@pytest.mark.parametrize(("decision", "makes"), [(Decision("run", "no"), ("a-dev:1",)), (Decision("reuse", "yes"), ())])
def test_what_was_made_counts_where_a_step_that_runs_needs_it(decision: Decision, makes: tuple[str, ...]) -> None:
    images = replace(IMAGES, makes=("a-dev:1",))
    made = make_plan(make_stage("build", images), make_stage("test", replace(TESTS, decision=decision)))
    left = select.starting_from(made, "test", lambda _step: "7").steps[0]
    assert (left.decision.run, left.makes) == ("7", makes)


def test_what_cleans_up_after_a_cut_is_not_left_out() -> None:
    clean = replace(CLEAN, cleans=True, decision=Decision("run", "run 8 was cut off", "8"))
    made = make_plan(make_stage("build", clean), make_stage("test", TESTS))
    assert select.starting_from(made, "test", lambda _step: "7") == made


@pytest.mark.parametrize(
    ("first", "before", "step", "stage"),
    [
        ("test", (), "build.images", "build"),
        ("e2e", (), "test.backend", "test"),
        ("e2e", ("build.images", "test.backend"), "staging.deploy", "staging"),
    ],
)
def test_a_step_that_never_passed_cannot_be_left_out(
    first: str, before: tuple[str, ...], step: str, stage: str
) -> None:
    with pytest.raises(NotPassed) as caught:
        select.starting_from(plan(), first, lambda one: passed(*before).get(one.id))
    assert caught.value.exit_code == 8
    assert caught.value.cause == f"{step} has not passed for what is here now, so it cannot be left out"
    assert caught.value.fix == f"run that stage before, with the same options: invoke pipeline --only {stage}"


def test_what_nothing_needs_has_not_to_have_passed() -> None:
    unneeded = Decision("skip", "nothing that needs it runs")
    made = make_plan(make_stage("build", replace(IMAGES, decision=unneeded)), make_stage("test", TESTS))
    assert select.starting_from(made, "test", lambda _step: None) == made


def test_the_first_stage_leaves_nothing_out() -> None:
    assert select.starting_from(plan(), "build", lambda _step: None) == plan()


@pytest.mark.parametrize(
    ("names", "cause", "fix"),
    [
        (("tests",), "unknown stage 'tests'", "did you mean 'test'? use one of: build, e2e, production, publish"),
        (("production",), "stage production is not in this plan", "it has: build, test, staging, e2e"),
        (("staging", "test"), "stage test comes before staging", "the order is: build, test, staging, e2e"),
    ],
)
def test_stages_that_cannot_be_chosen(names: tuple[str, ...], cause: str, fix: str) -> None:
    with pytest.raises(UsageError) as caught:
        select.check(plan(), *names)
    assert caught.value.cause == cause
    assert caught.value.fix.startswith(fix)


def test_stages_that_can_be_chosen() -> None:
    select.check(plan())
    select.check(plan(), "test", "test")
    select.check(plan(), "build", "e2e")
