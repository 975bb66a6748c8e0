"""Nothing that a run starts outlives it: whole processes, looked at before and after."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from helpers.clone import ROOT
from shiplane.pipeline.journal import read
from shiplane.runners.descendants import OWNER

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

# A run whose steps are the arguments: one shell script each.
PROGRAM = """
import os, sys
from pathlib import Path
from shiplane.cli.run import exit_code
from shiplane.model import Command, Event, Plan, Stage, Step
from shiplane.pipeline.execute import Execution, process_action
from shiplane.pipeline.journal import Journal
from shiplane.pipeline.presence import Presence
from shiplane.runners.local import LocalRunner

folder, *scripts = sys.argv[1:]
journal, runner = Journal(Path(folder) / "run"), LocalRunner(Path(folder), os.environ)
steps = tuple(Step(f"a.{n}", "", commands=(Command(("bash", "-c", text)),)) for n, text in enumerate(scripts))
with Presence(runner.environ) as presence:
    journal.write("note", text=f"found {presence.found}")
    plan = Plan(Event("push", "main", "c" * 40), "lab", (Stage("a", 90, "a", steps),), "")
    execution = Execution(plan, journal, {"process": process_action(runner)}, 4)
    outcomes = execution.run()
    journal.write("note", text=f"ended {presence.end_processes()}, killed: {execution.killed}")
sys.exit(exit_code(outcomes))
"""
# In a session of its own, its parent gone, its environment empty: what a daemon does. It is what it is named by then.
DAEMON = (
    "setsid bash -c 'env -i sleep {0} >/dev/null 2>&1 </dev/null &' ; "
    "until pgrep -fx 'sleep {0}' >/dev/null; do sleep 0.01; done ; touch ready-{0}"
)
SECONDS = "4711.5"


class Run:
    """Start the program in a folder whose temporary files are its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.temporary = folder / "temporary"
        self.temporary.mkdir()
        self.started: list[subprocess.Popen[bytes]] = []

    def start(self, *scripts: str) -> subprocess.Popen[bytes]:
        environ = {name: value for name, value in os.environ.items() if name != OWNER}
        argv = (sys.executable, "-c", PROGRAM, str(self.folder), *scripts)
        environ |= {"TMPDIR": str(self.temporary), "PYTHONPATH": str(ROOT / "src")}
        process = subprocess.Popen(argv, cwd=self.folder, env=environ, stdin=subprocess.DEVNULL, start_new_session=True)
        self.started.append(process)
        return process

    def until(self, condition: Callable[[], bool], seconds: float = 30) -> None:
        end = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < end, f"{self.notes}, {self.sleeping()}"
            time.sleep(0.02)

    def has(self, name: str) -> bool:
        return (self.folder / name).exists()

    @property
    def notes(self) -> list[str]:
        return [record["text"] for record in read(self.folder / "run") if record["kind"] == "note"]

    def sleeping(self) -> list[int]:
        """Give the processes that only these tests start."""
        found = []
        for path in Path("/proc").glob("[0-9]*"):
            try:
                argv = (path / "cmdline").read_bytes().decode().split("\0")
            except OSError:
                continue
            found += [int(path.name)] if SECONDS in argv else []
        return found


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Run]:
    made = Run(tmp_path)
    assert made.sleeping() == []
    yield made
    for process in made.started:
        process.kill()
        process.wait()
    for pid in made.sleeping():
        os.kill(pid, signal.SIGKILL)


def test_daemons_and_temporary_files_go_with_the_run(run: Run) -> None:
    process = run.start(DAEMON.format(SECONDS), "mktemp -d; touch $TMPDIR/file; mkdir -p $TMPDIR/a/b")
    assert process.wait(60) == 0
    assert run.has(f"ready-{SECONDS}")
    assert run.notes == ["found []", "ended ['sleep'], killed: False"]
    assert run.sleeping() == []
    assert list(run.temporary.iterdir()) == []


def test_a_failure_leaves_no_more_than_a_success(run: Run) -> None:
    process = run.start(f"{DAEMON.format(SECONDS)}; exit 1", f"sleep {SECONDS} & exit 1")
    assert process.wait(60) == 3
    assert run.sleeping() == []
    assert list(run.temporary.iterdir()) == []


def test_one_interrupt_gives_time_to_clean_up(run: Run) -> None:
    script = f"trap 'sleep 0.5; touch cleaned; exit 1' TERM; {DAEMON.format(SECONDS)}; while :; do sleep 0.05; done"
    process = run.start(script)
    run.until(lambda: run.has(f"ready-{SECONDS}"))
    process.send_signal(signal.SIGINT)
    assert process.wait(60) == 130
    assert run.has("cleaned")
    assert run.notes[-1] == "ended ['sleep'], killed: False"
    assert run.sleeping() == []


def test_two_interrupts_kill_what_does_not_listen_with_all_that_it_started(run: Run) -> None:
    deaf = "trap '' TERM INT"
    inner = f"{deaf}; sleep {SECONDS} & touch ready; while :; do sleep 0.05; done"
    process = run.start(f'{deaf}; setsid bash -c "{inner}" & while :; do sleep 0.05; done')
    run.until(lambda: run.has("ready"))
    started = time.monotonic()
    process.send_signal(signal.SIGINT)
    time.sleep(0.5)
    assert process.poll() is None
    process.send_signal(signal.SIGINT)
    assert process.wait(60) == 130
    assert time.monotonic() - started < 20
    assert run.notes[1] == "killing what runs here"
    assert run.notes[2].endswith("killed: True")
    assert run.sleeping() == []
    assert list(run.temporary.iterdir()) == []


def test_what_a_killed_run_left_goes_with_the_next(run: Run) -> None:
    process = run.start(f"mktemp -d; touch ready; sleep {SECONDS}")
    run.until(lambda: run.has("ready"))
    process.kill()
    process.wait()
    assert len(run.sleeping()) == 1
    assert len(list(run.temporary.iterdir())) == 1
    assert run.start("true").wait(60) == 0
    assert run.notes[1] == "found ['sleep']"
    assert run.sleeping() == []
    assert list(run.temporary.iterdir()) == []


def test_a_run_that_goes_on_is_left_alone(run: Run) -> None:
    first = run.start(f"touch ready; sleep {SECONDS}")
    run.until(lambda: run.has("ready"))
    assert run.start("true").wait(60) == 0
    assert len(run.sleeping()) == 1
    first.send_signal(signal.SIGTERM)
    assert first.wait(60) == 130
    assert run.sleeping() == []
