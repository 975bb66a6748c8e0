"""Whatever the graph and whatever fails: what must hold of every run."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from benches import Bench, make_plan, make_stage
from shiplane.cli.run import exit_code
from shiplane.errors import DeployBroken, DeployUndone, Interrupted, ShiplaneError, StepFailed, TimeLimit, Unsafe
from shiplane.model import Step

if TYPE_CHECKING:
    from collections.abc import Callable

    from shiplane.model import Outcome
    from shiplane.runners.base import Cancel

ERRORS: dict[str, ShiplaneError | Exception] = {
    "failed": StepFailed("it failed", "mend it"),
    "unsafe": Unsafe("it is not tested", "test it"),
    "undone": DeployUndone("it did not get healthy", "see its logs"),
    "broken": DeployBroken("nothing serves", "look"),
    "late": TimeLimit("stage a", 1),
    "interrupted": Interrupted("tests"),
    "bug": ZeroDivisionError("division by zero"),
}
ENDS = st.one_of(st.just("passed"), st.sampled_from(["passed", *ERRORS]))


@st.composite
def graphs(draw: st.DrawFn) -> tuple[list[list[Step]], dict[str, str]]:
    """Draw stages of steps whose needs come before them, and how each step ends."""
    stages: list[list[Step]] = []
    known: list[str] = []
    for number in range(draw(st.integers(1, 4))):
        steps = []
        for place in range(draw(st.integers(1, 4))):
            needs = draw(st.lists(st.sampled_from(known), unique=True, max_size=4)) if known else []
            steps.append(Step(f"s{number}.{place}", "", tuple(needs)))
        known += [step.id for step in steps]
        stages.append(draw(st.permutations(steps)))
    return stages, {name: draw(ENDS) for name in known}


def behave(end: str) -> Callable[[Callable[[str], None], Cancel], None]:
    def act(say: Callable[[str], None], _cancel: Cancel) -> None:
        say(end)
        if end != "passed":
            raise ERRORS[end]

    return act


def expected(steps: list[Step], ends: dict[str, str]) -> dict[str, str]:
    """Say how each step must end, without running any: a step is skipped when one that it needs did not pass."""
    status: dict[str, str] = {}
    while len(status) < len(steps):
        for step in steps:
            if step.id not in status and all(need in status for need in step.needs):
                own = {"passed": "passed", "interrupted": "cancelled"}.get(ends[step.id], "failed")
                status[step.id] = own if all(status[need] == "passed" for need in step.needs) else "skipped"
    return status


def statuses(outcomes: dict[str, Outcome]) -> dict[str, str]:
    return {name: outcome.status for name, outcome in outcomes.items()}


@given(graphs(), st.integers(1, 4))
def test_any_graph_with_any_failures(graph: tuple[list[list[Step]], dict[str, str]], parallel: int) -> None:
    stages, ends = graph
    steps = [step for stage in stages for step in stage]
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(Path(folder))
        bench.behaviours = {name: behave(end) for name, end in ends.items()}
        outcomes = bench.run(make_plan(*(make_stage(f"s{n}", *steps) for n, steps in enumerate(stages))), parallel)
        assert statuses(outcomes) == expected(steps, ends)
        assert len(bench.started) == len(set(bench.started))
        ran = [name for name, status in statuses(outcomes).items() if status != "skipped"]
        assert sorted(bench.started) == sorted(ran)
        check_order(bench, steps)
        check_journal(bench, stages, outcomes)
    check_code(exit_code(outcomes), outcomes)


def check_order(bench: Bench, steps: list[Step]) -> None:
    """No step starts before all that it needs have ended; the journal's order is the order in which it happened."""
    told = [(record["kind"], record["step"]) for record in bench.records if "step" in record]
    for step in steps:
        for need in step.needs:
            if ("step_started", step.id) in told:
                assert told.index(("step_ended", need)) < told.index(("step_started", step.id))


def check_journal(bench: Bench, stages: list[list[Step]], outcomes: dict[str, Outcome]) -> None:
    ended = [record for record in bench.records if record["kind"] == "step_ended"]
    assert len(ended) == len(outcomes)
    assert bench.told("step_ended") == statuses(outcomes)
    assert {record["step"]: record["exit_code"] for record in ended} == {n: o.exit_code for n, o in outcomes.items()}
    finished = [record["stage"] for record in bench.records if record["kind"] == "stage_ended"]
    assert sorted(finished) == [f"s{number}" for number in range(len(stages))]


def check_code(code: int, outcomes: dict[str, Outcome]) -> None:
    codes = [outcome.exit_code for outcome in outcomes.values() if outcome.exit_code]
    if not codes:
        assert code == 0
    else:
        assert code == next((winner for winner in (7, 6, 130) if winner in codes), codes[0])
