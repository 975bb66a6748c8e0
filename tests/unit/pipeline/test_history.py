from __future__ import annotations

from typing import TYPE_CHECKING

from shiplane.pipeline.history import PastRun, past_runs
from shiplane.pipeline.journal import Journal
from shiplane.pipeline.store import Store

if TYPE_CHECKING:
    from pathlib import Path


def test_runs_come_newest_first_with_what_passed_and_where(tmp_path: Path) -> None:
    store = Store(tmp_path)
    plan = {"release": "r1", "target": "lab"}
    for command in ("pipeline", "deploy", ""):
        _, folder = store.new_run({})
        journal = Journal(folder)
        if command:
            journal.write("run_started", command=command, plan=plan)
        for step, status, run in (("a.1", "passed", ""), ("a.2", "failed", ""), ("a.3", "passed", "0")):
            journal.write("step_ended", stage="a", step=step, status=status, reused_from=run)
        for step, run in (("a.4", ""), ("a.5", "0")):
            journal.write("step_ended", stage="a", step=step, status="passed", how="not needed", reused_from=run)
    with (folder.parent / "2" / "journal.jsonl").open("a") as torn:
        torn.write('{"kind":"step_ended","step":"a.2","status":"passed"')
    store.new_run({})  # which has not begun
    assert list(past_runs(store)) == [
        PastRun("2", "deploy", plan, {"a.1": "2", "a.3": "0", "a.5": "0"}),
        PastRun("1", "pipeline", plan, {"a.1": "1", "a.3": "0", "a.5": "0"}),
    ]
