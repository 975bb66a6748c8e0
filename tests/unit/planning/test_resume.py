from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from benches import make_plan, make_stage
from shiplane.errors import OtherPlan
from shiplane.model import Decision, Event, Step
from shiplane.planning.resume import resumed

if TYPE_CHECKING:
    from shiplane.model import Plan

STEPS = (
    Step("test.backend", "", key="k1", decision=Decision("run", "no earlier result shall count")),
    Step("test.frontend", "", key="k2", decision=Decision("run", "no earlier result shall count")),
    Step("test.lint", "", key="k3", decision=Decision("reuse", "nothing changed", "3")),
)
DEPLOY = Step("staging.deploy", "", ("test.backend",), decision=Decision("ask", "decided by the host"))
PLAN = replace(make_plan(make_stage("test", *STEPS), make_stage("staging", DEPLOY)), release="cccccccccccc")
BEFORE = PLAN.to_json()


def test_what_passed_in_the_run_counts_and_all_else_stays_as_it_is() -> None:
    passed = {"test.backend": "7", "test.frontend": "5", "staging.deploy": "7"}
    kept = {("test.backend", "k1"): "7", ("test.frontend", "k2"): "6"}  # the result of the run is not there any more
    made = resumed(PLAN, "7", BEFORE, passed, lambda *asked: kept.get(asked))
    assert [step.decision for step in made.steps] == [
        Decision("reuse", "it passed in run 7, which goes on", "7"),
        STEPS[1].decision,
        STEPS[2].decision,
        DEPLOY.decision,
    ]
    assert made.notes == ("goes on with run 7",)


def test_a_shorter_and_a_longer_plan_are_the_same() -> None:
    shorter = replace(PLAN, stages=PLAN.stages[:1])
    assert resumed(shorter, "7", BEFORE, {}, lambda *_: None).stages == shorter.stages
    assert resumed(PLAN, "7", shorter.to_json(), {}, lambda *_: None).stages == PLAN.stages


def moved(**changes: str) -> Plan:
    return replace(PLAN, event=replace(PLAN.event, **changes))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("now", "differences"),
    [
        (replace(PLAN, target="remote"), "target lab (now remote)"),
        (moved(branch="feature/x"), "branch main (now feature/x)"),
        (moved(name="manual"), "event push (now manual)"),
        (
            replace(PLAN, event=Event("push", "main", "d" * 40), release="dddddddddddd"),
            "commit cccccccccccc (now dddddddddddd)",
        ),
        (
            replace(PLAN, release="cccccccccccc-dirty-1234"),
            "edits of cccccccccccc (now cccccccccccc-dirty-1234)",
        ),
        (
            replace(moved(branch="feature/x"), target="remote", release="cccccccccccc-dirty-1234"),
            "branch main (now feature/x), target lab (now remote), edits of cccccccccccc (now cccccccccccc-dirty-1234)",
        ),
        (replace(PLAN, stages=(make_stage("test", *STEPS[:2]),)), "steps of stage test"),
        (replace(PLAN, stages=(make_stage("staging", replace(DEPLOY, needs=())),)), "steps of stage staging"),
    ],
)
def test_another_plan_is_refused_with_all_that_differs(now: Plan, differences: str) -> None:
    with pytest.raises(OtherPlan) as caught:
        resumed(now, "7", BEFORE, {}, lambda *_: None)
    assert (caught.value.exit_code, caught.value.cause) == (2, f"run 7 had another plan: {differences}")


@pytest.mark.parametrize("torn", [{}, {"event": None, "stages": []}])
def test_a_plan_that_says_nothing_is_another(torn: dict[str, Any]) -> None:
    with pytest.raises(OtherPlan):
        resumed(PLAN, "7", torn, {}, lambda *_: None)
