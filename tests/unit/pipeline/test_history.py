from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from shiplane.pipeline.history import PastRun, cut_off, past_runs
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


KILLED, ENDED = "run_started", "run_ended"
CLEANED = {"step": "build.clean", "status": "passed", "how": "ran"}


def kept(store: Store, last: str, **clean: str) -> None:
    """Keep a run whose last record is of this kind, with what became of `build.clean` in it."""
    journal = Journal(store.new_run({})[1])
    journal.write("run_started")
    if clean:
        journal.write("step_ended", stage="build", **clean)
    if last != KILLED:
        journal.write(last)


@pytest.mark.parametrize(
    ("runs", "found"),
    [
        ([], ""),
        ([(ENDED, {})], ""),
        ([(KILLED, {}), (ENDED, {})], "1"),
        ([(KILLED, {}), (KILLED, {}), (ENDED, {}), (ENDED, {})], "2"),
        ([(KILLED, {}), (ENDED, CLEANED)], ""),
        ([(KILLED, {}), (ENDED, CLEANED), (ENDED, {})], ""),
        ([(KILLED, {}), (ENDED, CLEANED | {"how": "not needed"})], "1"),
        ([(KILLED, {}), (ENDED, CLEANED | {"status": "failed"})], "1"),
        ([(KILLED, {}), (ENDED, CLEANED | {"step": "build.bases"})], "1"),
        ([(KILLED, CLEANED), (ENDED, {})], "1"),
    ],
)
def test_a_run_that_was_cut_off_counts_until_one_removes_what_it_left(
    tmp_path: Path, runs: list[tuple[str, dict[str, str]]], found: str
) -> None:
    store = Store(tmp_path)
    for last, clean in runs:
        kept(store, last, **clean)
    store.new_run({})  # which has not begun
    assert cut_off(store) == found
