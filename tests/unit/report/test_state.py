from collections.abc import Callable
from typing import Any

from shiplane.report.state import fold

Records = Callable[..., list[dict[str, Any]]]


def test_a_run_that_passed(records: Records) -> None:
    run = fold(records())
    assert (run.number, run.branch, run.target, run.status, run.exit_code) == (12, "main", "lab", "passed", 0)
    assert list(run.stages) == ["build", "test", "publish", "staging", "e2e", "production"]
    assert {stage.status for stage in run.stages.values()} == {"passed"}
    assert list(run.deployments) == ["run-12-staging", "run-12-production"]


def test_nothing_waits_or_runs_after_the_end(records: Records) -> None:
    *begun, end = records("e2e.playwright")
    cut = [record for record in begun if record["kind"] not in ("stage_ended", "step_ended")]
    run = fold([*cut, {**end, "status": "cancelled"}])
    assert {stage.status for stage in run.stages.values()} == {"cancelled", "skipped"}
    assert {step.status for step in run.steps} == {"cancelled", "skipped"}


def test_a_run_under_way_is_running(records: Records) -> None:
    run = fold(records()[:4])
    assert [stage.status for stage in run.stages.values()] == ["running", *["pending"] * 5]
    assert (run.status, run.finished_at) == ("running", None)


def test_steps_outside_the_plan_and_unknown_kinds_are_taken(records: Records) -> None:
    extra = {"kind": "step_started", "at": "", "stage": "undo", "step": "undo.staging"}
    run = fold([*records()[:2], extra, {"kind": "plan_stage"}, {"kind": "weather"}, {}])
    assert run.stages["undo"].steps["undo.staging"].status == "running"


def test_no_records_are_no_run() -> None:
    assert fold([]).status == "pending"
