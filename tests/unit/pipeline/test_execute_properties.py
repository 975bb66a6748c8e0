"""Whatever the graph, whatever fails, is tried again or is stopped: what must hold of every run."""

from __future__ import annotations

import json
import tempfile
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from benches import Bench, make_plan, make_stage
from shiplane.cli.run import exit_code
from shiplane.errors import DeployBroken, DeployUndone, Interrupted, ShiplaneError, StepFailed, TimeLimit, Unsafe
from shiplane.model import Inputs, Outcome, Retry, Step
from shiplane.pipeline.history import past_runs
from shiplane.pipeline.journal import read
from shiplane.pipeline.store import Store
from shiplane.planning.resume import resumed
from shiplane.report.state import fold

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from shiplane.model import Plan
    from shiplane.pipeline.execute import Execution
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
AGAIN = ("failed", "undone", "late")
"""After these, a step that may be tried again is."""
ENDS = st.one_of(st.just("passed"), st.sampled_from(["passed", *ERRORS]))


@dataclass(slots=True)
class Case:
    """A plan, and how each try of each step ends; a step that asks the world does so each time."""

    plan: Plan
    ends: dict[str, list[str]]
    asking: frozenset[str] = frozenset()

    @property
    def steps(self) -> tuple[Step, ...]:
        return self.plan.steps

    def tries(self, step: Step) -> int:
        """Say how often a step is tried when it has begun."""
        most = step.retry.tries if step.retry else 1
        for number, end in enumerate(self.ends[step.id][:most], 1):
            if end not in AGAIN:
                return number
        return most

    def expected(self) -> dict[str, str]:
        """Say how each step must end, without running any: it is skipped when one that it needs did not pass."""
        status: dict[str, str] = {}
        while len(status) < len(self.steps):
            for step in self.steps:
                if step.id not in status and all(need in status for need in step.needs):
                    last = self.ends[step.id][self.tries(step) - 1]
                    own = {"passed": "passed", "interrupted": "cancelled"}.get(last, "failed")
                    status[step.id] = own if all(status[need] == "passed" for need in step.needs) else "skipped"
        return status


@st.composite
def cases(draw: st.DrawFn) -> Case:
    """Draw stages of steps whose needs come before them, with retries, and how each try ends."""
    stages: list[list[Step]] = []
    known: list[str] = []
    for number in range(draw(st.integers(1, 4))):
        steps = []
        for place in range(draw(st.integers(1, 4))):
            needs = draw(st.lists(st.sampled_from(known), unique=True, max_size=4)) if known else []
            retry = draw(st.sampled_from([None, None, Retry(2, 0, "why"), Retry(3, 0, "why")]))
            name = f"s{number}.{place}"
            seconds = draw(st.sampled_from([None, 1.0, 2.0]))
            steps.append(
                Step(name, "", tuple(needs), retry=retry, inputs=Inputs(), key=f"k{name}", estimate_seconds=seconds)
            )
        known += [step.id for step in steps]
        stages.append(draw(st.permutations(steps)))
    ends = {name: draw(st.lists(ENDS, min_size=3, max_size=3)) for name in known}
    asking = frozenset(draw(st.lists(st.sampled_from(known), unique=True)))
    plan = make_plan(*(make_stage(f"s{n}", *steps) for n, steps in enumerate(stages)))
    return Case(plan, ends, asking)


@dataclass(slots=True)
class Watch:
    """Let steps end as a case says, and note how many run side by side."""

    case: Case
    pause: float = 0.0
    at_step: int = 0
    then: Callable[[], None] = lambda: None
    tried: dict[str, int] = field(default_factory=dict)
    most: int = 0
    _running: int = 0
    _begun: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def act(self, name: str) -> Callable[[Callable[[str], None], Cancel], None]:
        def act(say: Callable[[str], None], cancel: Cancel) -> None:
            with self._lock:
                self._running += 1
                self._begun += 1
                begun = self._begun
                self.most = max(self.most, self._running)
                number = self.tried[name] = self.tried.get(name, 0) + 1
            try:
                if begun == self.at_step:
                    self.then()
                if self.pause:
                    cancel.sleep(self.pause)
                end = self.case.ends[name][number - 1]
                say(end)
                if end != "passed":
                    raise ERRORS[end]
            finally:
                with self._lock:
                    self._running -= 1

        return act


@contextmanager
def bench_of(case: Case, watch: Watch) -> Iterator[Bench]:
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(Path(folder))
        bench.behaviours = {step.id: watch.act(step.id) for step in case.steps}
        bench.journal.write("run_started", plan=case.plan.to_json())
        yield bench


def statuses(outcomes: dict[str, Outcome]) -> dict[str, str]:
    return {name: outcome.status for name, outcome in outcomes.items()}


@given(cases(), st.integers(1, 4))
def test_any_graph_with_any_failures_and_retries(case: Case, parallel: int) -> None:
    watch = Watch(case)
    with bench_of(case, watch) as bench:
        outcomes = bench.run(case.plan, parallel)
        assert statuses(outcomes) == case.expected()
        ran = [step for step in case.steps if outcomes[step.id].status != "skipped"]
        assert watch.tried == {step.id: case.tries(step) for step in ran}
        assert watch.most <= parallel
        check_order(bench, case)
        check_journal(bench, case, outcomes)
    check_code(exit_code(outcomes), outcomes)


@given(
    case=cases(),
    parallel=st.integers(1, 4),
    at_step=st.integers(1, 8),
    signals=st.integers(1, 3),
    fail_fast=st.booleans(),
)
def test_any_graph_that_is_stopped_at_any_moment(
    case: Case, parallel: int, at_step: int, signals: int, *, fail_fast: bool
) -> None:
    watch = Watch(case, pause=0.001, at_step=at_step)
    with bench_of(case, watch) as bench:
        execution: Execution = bench.execution(case.plan, parallel, fail_fast=fail_fast)
        watch.then = lambda: [execution.ask_to_stop() for _ in range(signals)] and None
        outcomes = execution.run()
        assert set(outcomes) == {step.id for step in case.steps}
        assert watch.most <= parallel
        assert all(count <= case.tries(step) for step in case.steps if (count := watch.tried.get(step.id, 0)))
        for step in case.steps:
            if watch.tried.get(step.id):
                assert all(outcomes[need].status == "passed" for need in step.needs)
        check_order(bench, case)
        check_journal(bench, case, outcomes)
        told = [record for record in bench.records if "step" in record]
        stopped = [n for n, r in enumerate(told) if r.get("status") == "cancelled" and r["tries"] == 0]
        started = [n for n, r in enumerate(told) if r["kind"] == "step_started"]
        assert not stopped or max(started) < min(stopped), "nothing starts after what was given up"
        if stopped and not fail_fast:
            assert exit_code(outcomes) in (6, 7, 130)


@given(cases(), st.floats(0, 1), st.floats(0, 1))
def test_a_run_that_is_cut_off_at_any_record_ends_as_if_it_had_not_been(case: Case, kept: float, torn: float) -> None:
    whole = {name: [ends[0]] * 3 for name, ends in case.ends.items()}  # the same each time: nothing passes by itself
    case = replace(case, plan=asking(case), ends=whole)
    results: dict[tuple[str, str], str] = {}
    with tempfile.TemporaryDirectory() as folder:
        store = Store(Path(folder))
        first, _ = carried_out(case, case.plan, store, results)
        file = store.run_folders()[0] / "journal.jsonl"
        begun, *lines = file.read_bytes().splitlines(keepends=True)
        whole_lines = int(kept * len(lines))
        half = b"".join(lines[whole_lines : whole_lines + 1])
        file.write_bytes(begun + b"".join(lines[:whole_lines]) + half[: int(torn * len(half))])
        before = next(past_runs(store))
        plan = resumed(case.plan, before.name, before.plan, before.passed, lambda *asked: results.get(asked))
        second, watch = carried_out(case, plan, store, results)
        assert statuses(second) == statuses(first)
        done = {name for name in before.passed if name not in case.asking}
        assert done.isdisjoint(watch.tried), "what had passed is not done again"
        assert {second[name].reused_from for name in done} <= {"1"}
        state = fold(read(store.run_folders()[0]))
        assert {step.id: step.how for step in state.steps if step.id in done} == dict.fromkeys(done, "reused")


def asking(case: Case) -> Plan:
    stages = tuple(
        replace(stage, steps=tuple(_asking(step) if step.id in case.asking else step for step in stage.steps))
        for stage in case.plan.stages
    )
    return replace(case.plan, stages=stages)


def _asking(step: Step) -> Step:
    return replace(step, asks="the world", decision=replace(step.decision, choice="ask"))


def carried_out(
    case: Case, plan: Plan, store: Store, results: dict[tuple[str, str], str]
) -> tuple[dict[str, Outcome], Watch]:
    """Run a plan whose results are kept and count as `pipeline.reuse` lets them."""
    _, folder = store.new_run({})
    watch, bench = Watch(case), Bench(folder)
    bench.journal.write("run_started", command="pipeline", plan=plan.to_json())

    def act(step: Step, say: Callable[[str], None], cancel: Cancel, /) -> Outcome | None:
        if step.decision.choice == "reuse":
            return Outcome("passed", how="reused", reused_from=step.decision.run)
        watch.act(step.id)(say, cancel)
        results[step.id, step.key] = folder.name
        return None

    bench.act = act  # type: ignore[method-assign]
    return bench.run(plan, 2), watch


def check_order(bench: Bench, case: Case) -> None:
    """No step starts before all that it needs have ended; the journal's order is the order in which it happened."""
    told = [(record["kind"], record["step"]) for record in bench.records if "step" in record]
    for step in case.steps:
        for need in step.needs:
            if ("step_started", step.id) in told:
                assert told.index(("step_ended", need)) < told.index(("step_started", step.id))


def check_journal(bench: Bench, case: Case, outcomes: dict[str, Outcome]) -> None:
    """See that the journal alone gives the same outcome, and holds each end once."""
    records = bench.records
    ended = [record for record in records if record["kind"] == "step_ended"]
    assert sorted(record["step"] for record in ended) == sorted(outcomes)
    state = fold(records)
    told = {s.id: (s.status, s.exit_code, s.cause, s.tries, s.how) for s in state.steps}
    assert told == {n: (o.status, o.exit_code, o.cause, o.tries, o.how) for n, o in outcomes.items()}
    retried = [record["step"] for record in records if record["kind"] == "step_retried"]
    for name, outcome in outcomes.items():
        # One that was given up while it waited for its next try was to have another.
        waited = outcome.status == "cancelled" and retried.count(name) == outcome.tries
        assert retried.count(name) == max(outcome.tries - 1, 0) + waited * (outcome.tries > 0)
    finished = [record["stage"] for record in records if record["kind"] == "stage_ended"]
    assert sorted(finished) == [stage.name for stage in case.plan.stages]
    assert json.loads(json.dumps(records)) == records


def check_code(code: int, outcomes: dict[str, Outcome]) -> None:
    codes = [outcome.exit_code for outcome in outcomes.values() if outcome.exit_code]
    if not codes:
        assert code == 0
    else:
        assert code == next((winner for winner in (7, 6, 130) if winner in codes), codes[0])
