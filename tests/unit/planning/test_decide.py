from __future__ import annotations

from dataclasses import dataclass, field

from samples import COMMIT
from shiplane.model import Decision, Event, Inputs, Plan, Stage, Step
from shiplane.planning.decide import Passed, decide
from shiplane.planning.keys import Item, key_of

ALWAYS = Decision("run", "it leaves no result that could count")
A: tuple[Item, ...] = (("file", "a.py", "1"),)
B: tuple[Item, ...] = (("file", "a.py", "2"),)


@dataclass
class Past:
    passed: dict[tuple[str, str], str] = field(default_factory=dict)
    newest: dict[str, Passed] = field(default_factory=dict)

    def run_of(self, step: str, key: str) -> str | None:
        return self.passed.get((step, key))

    def latest(self, step: str) -> Passed | None:
        return self.newest.get(step)


def plan(*steps: Step) -> Plan:
    return Plan(Event("push", "main", COMMIT), "lab", (Stage("test", 60, "test", steps),), "")


TESTS = Step("test.a", "tests", inputs=Inputs())
PASSED = Past({("test.a", key_of(A)): "7"}, {"test.a": Passed("7", A)})


def decisions(made: Plan) -> dict[str, Decision]:
    return {step.id: step.decision for step in made.steps}


def test_a_step_whose_inputs_passed_is_answered_by_that_run() -> None:
    made = decide(plan(TESTS), {"test.a": A}, PASSED, {"test.a": 12.0})
    assert made.steps[0].decision == Decision("reuse", "nothing that it depends on changed since run 7", "7")
    assert (made.steps[0].key, made.steps[0].estimate_seconds) == (key_of(A), 0.0)


def test_a_step_whose_inputs_changed_runs_and_says_what_changed() -> None:
    made = decide(plan(TESTS), {"test.a": B}, PASSED, {"test.a": 12.0})
    assert made.steps[0].decision == Decision("run", "a.py changed since run 7")
    assert (made.steps[0].key, made.steps[0].estimate_seconds) == (key_of(B), 12.0)


def test_a_step_that_never_passed_runs() -> None:
    assert decisions(decide(plan(TESTS), {"test.a": A}, Past(), {})) == {
        "test.a": Decision("run", "no result of it is known")
    }


def test_inputs_that_cannot_be_told_answer_nothing() -> None:
    untold: tuple[Item, ...] = (("file", "nested/", "unknown"),)
    past = Past({("test.a", ""): "7"})
    assert decisions(decide(plan(TESTS), {"test.a": untold}, past, {})) == {
        "test.a": Decision("run", "what it depends on cannot all be told")
    }


def test_nothing_is_answered_when_a_person_says_so() -> None:
    serving = Step("build.images", "images", only_for=("test.a",))
    made = decide(plan(serving, TESTS), {"test.a": A}, PASSED, {}, reuse=False)
    assert decisions(made) == {"build.images": ALWAYS, "test.a": Decision("run", "no earlier result shall count")}


def test_what_serves_only_steps_that_do_not_run_is_left_out() -> None:
    base = Step("build.bases", "bases", only_for=("build.images",))
    images = Step("build.images", "images", only_for=("test.a",))
    left = Decision("skip", "nothing that needs it runs")
    answered = decide(plan(base, images, TESTS), {"test.a": A}, PASSED, {})
    assert decisions(answered) | {"test.a": Decision()} == {
        "build.bases": left,
        "build.images": left,
        "test.a": Decision(),
    }
    changed = decide(plan(base, images, TESTS), {"test.a": B}, PASSED, {})
    assert [d.choice for d in decisions(changed).values()] == ["run", "run", "run"]


def test_what_serves_steps_that_are_not_in_the_plan_stays() -> None:
    assert decisions(decide(plan(Step("build.images", "images", only_for=("test.z",))), {}, Past(), {})) == {
        "build.images": ALWAYS
    }


def test_what_acts_on_the_world_asks_the_world() -> None:
    deploy = Step("staging.deploy", "deploy", asks="the host", inputs=Inputs())
    serving = Step("build.runner", "runner", only_for=("staging.deploy",))
    past = Past({("staging.deploy", key_of(A)): "7"})
    made = decide(plan(serving, deploy), {"staging.deploy": A}, past, {"staging.deploy": 9.0})
    assert decisions(made) == {"build.runner": ALWAYS, "staging.deploy": Decision("ask", "decided by the host")}
    assert made.steps[1].estimate_seconds == 9.0


def test_what_a_run_that_was_cut_off_left_is_removed_though_nothing_needs_it() -> None:
    clean = Step("build.clean", "clean", only_for=("test.a",), cleans=True)
    answered = decide(plan(clean, TESTS), {"test.a": A}, PASSED, {}, cut_off="8")
    assert answered.steps[0].decision == Decision("run", "run 8 was cut off and may have left something", "8")
    anew = decide(plan(clean, TESTS), {"test.a": A}, PASSED, {}, cut_off="8", reuse=False)
    assert anew.steps[0] == answered.steps[0]
    assert decide(plan(clean, TESTS), {"test.a": A}, PASSED, {}).steps[0].decision.choice == "skip"
