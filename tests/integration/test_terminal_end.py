"""A terminal that is closed during a deploy."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from typing import TYPE_CHECKING

from shiplane.pipeline.journal import read

if TYPE_CHECKING:
    from pathlib import Path

PROGRAM = """
import fcntl, sys, termios
from pathlib import Path
from shiplane.cli.run import exit_code
from shiplane.cli.signals import terminable
from shiplane.errors import DeployUndone, Interrupted
from shiplane.model import Event, Plan, Stage, Step
from shiplane.pipeline.execute import Execution
from shiplane.pipeline.journal import Journal, read
from shiplane.report.closing import show_summary
from shiplane.report.console import live
from shiplane.report.summary import summary
from shiplane.report.view import View

def deploy(step, say, cancel):
    try:
        cancel.sleep(60)
    except Interrupted:
        for number in range(2000):
            say(f"undo {number}")
        raise DeployUndone("the deploy failed", "deploy again")

fcntl.ioctl(1, termios.TIOCSCTTY, 0)
folder = Path(sys.argv[1])
journal = Journal(folder)
console = live(sys.stdout, View(plain=len(sys.argv) > 2))
journal.listeners.append(console.on_record)
journal.lines.append(console.on_line)
plan = Plan(Event("push", "main", "c" * 40), "lab", (Stage("staging", 90, "staging", (Step("staging.up", ""),)),), "")
console.start()
with terminable():
    outcomes = Execution(plan, journal, {"process": deploy}, 1).run()
console.stop()
show_summary(summary(read(folder), folder), sys.stdout, View(plain=len(sys.argv) > 2))
sys.exit(exit_code(outcomes))
"""


def closed_during_a_deploy(folder: Path, *words: str) -> int:
    terminal, program = os.openpty()
    command = [sys.executable, "-c", PROGRAM, str(folder), *words]
    # Buffered: what the terminal no longer takes must not fail the interpreter's exit either.
    environ = {**os.environ, "TERM": "xterm", "PYTHONUTF8": "1", "PYTHONUNBUFFERED": ""}
    process = subprocess.Popen(
        command, stdin=program, stdout=program, stderr=program, start_new_session=True, env=environ
    )
    os.close(program)
    try:
        end = time.monotonic() + 60
        while not any(record["kind"] == "step_started" for record in read(folder)) and time.monotonic() < end:
            time.sleep(0.02)
        os.close(terminal)
        return process.wait(60)
    finally:
        process.kill()
        process.wait()


def test_the_undo_is_carried_out_and_told_without_the_tree(tmp_path: Path) -> None:
    assert closed_during_a_deploy(tmp_path, "plain") == 6
    assert [record["kind"] for record in read(tmp_path)][-2:] == ["step_ended", "stage_ended"]


def test_the_undo_is_carried_out_and_told_with_the_tree(tmp_path: Path) -> None:
    assert closed_during_a_deploy(tmp_path) == 6
    assert [record["kind"] for record in read(tmp_path)][-2:] == ["step_ended", "stage_ended"]
