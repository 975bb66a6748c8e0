"""What the tool itself costs: its commands beside a bare task file, a step of a large plan, a run with much output."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from helpers.clone import ROOT
from shiplane.model import Event, Plan, Stage, Step
from shiplane.pipeline.execute import Execution
from shiplane.pipeline.journal import Journal
from shiplane.report.console import live
from shiplane.report.view import View

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

STEPS = 1000
OUTPUT_MB = 100
_BARE_SECONDS = 0.12  # of a core, for a bare `invoke --list` on the machine for which limits are told in seconds
_PATIENCE = 5
_BARE = '''from invoke.tasks import task


@task
def hello(_c):
    """Say it."""
'''
# Steps that print so many MB, as a process of its own that says how much memory it took.
_LOUD = """
import os, sys, tempfile
from pathlib import Path
from shiplane.model import Command, Event, Plan, Stage, Step
from shiplane.pipeline.execute import Execution, process_action
from shiplane.pipeline.journal import Journal
from shiplane.report.console import live
from shiplane.report.view import View
from shiplane.runners.local import LocalRunner

text = "import sys\\nfor _ in range(%s): sys.stdout.write(('x' * 99 + chr(10)) * 10000)"
steps = tuple(Step(f"a.{n}", "", commands=(Command((sys.executable, "-c", text)),)) for n in range(2))
with tempfile.TemporaryDirectory() as folder:
    journal, console = Journal(Path(folder)), live(sys.stderr, View(plain=True))
    journal.listeners.append(console.on_record)
    journal.lines.append(console.on_line)
    plan = Plan(Event("push", "main", "c" * 40), "lab", (Stage("a", 600, "a", steps),), "")
    ends = Execution(plan, journal, {"process": process_action(LocalRunner(Path(folder), os.environ))}, 2).run()
    assert {end.status for end in ends.values()} == {"passed"}
# Not by getrusage(), which knows of the memory of the process that started this one.
print(next(line.split()[1] for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM")))
"""


@dataclass(slots=True)
class Times:
    """Hold how long a command took, and how much of a core's time with that of its children; in seconds."""

    name: str
    wall: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)

    def median(self, kind: str = "wall") -> float:
        """Give the middle."""
        return statistics.median(getattr(self, kind))


@contextmanager
def _bare() -> Iterator[tuple[Path, Path]]:
    """Give a folder with a bare task file, and one for what Python compiles."""
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryDirectory() as compiled:
        (Path(folder) / "tasks.py").write_text(_BARE)
        yield Path(folder), Path(compiled)


def commands(rounds: int, enough: Callable[[dict[str, Times]], bool] = lambda _: True) -> dict[str, Times]:
    """Time `invoke --list` of a bare task file, the same here, and `invoke plan`, in turn.

    Python keeps what it compiled, as it does for everyone who runs a command twice; the first round pays for it. So
    does git's index, once `git status` ran: in a clone of this second it reads each file again and again.
    Where what was found is not `enough`, as many rounds follow, up to five times in all: what is least is found sooner
    or later on a busy machine too, and never where the limit is really missed.
    """
    subprocess.run(("git", "status", "--short"), cwd=ROOT, stdout=subprocess.DEVNULL, check=True)
    with _bare() as (folder, compiled):
        made = {name: Times(name) for name in ("bare --list", "--list", "plan")}
        for _ in range(_PATIENCE):
            for _ in range(rounds):
                _timed(made["bare --list"], folder, "--list", compiled)
                _timed(made["--list"], ROOT, "--list", compiled)
                _timed(made["plan"], ROOT, "plan", compiled)
            if enough(made):
                break
    return made


def slowness(rounds: int = 5) -> float:
    """Give how many times as long a bare `invoke --list` takes here as on the machine for which limits are told."""
    with _bare() as (folder, compiled):
        made = Times("bare --list")
        for _ in range(rounds + 1):
            _timed(made, folder, "--list", compiled)
    return scale(made)


def scale(bare: Times) -> float:
    """Give by how much longer a limit in seconds is here than on the machine for which it is told; at least 1."""
    return max(1.0, min(bare.cpu) / _BARE_SECONDS)


def _timed(times: Times, folder: Path, word: str, compiled: Path) -> None:
    environ = {**os.environ, "PYTHONPATH": str(ROOT / "src"), "PYTHONPYCACHEPREFIX": str(compiled)}
    environ.pop("PYTHONDONTWRITEBYTECODE", None)
    began = time.perf_counter()
    process = subprocess.Popen(
        (sys.executable, "-m", "invoke", word), cwd=folder, env=environ, stdout=subprocess.DEVNULL
    )
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0
    times.wall.append(time.perf_counter() - began)
    times.cpu.append(usage.ru_utime + usage.ru_stime)


def wide_plan() -> Plan:
    """Make a plan of a thousand steps in ten stages, each of which needs all of the stage before."""
    stages: list[Stage] = []
    before: tuple[str, ...] = ()
    for number in range(10):
        steps = tuple(Step(f"s{number}.{place}", "", before) for place in range(STEPS // 10))
        before = tuple(step.id for step in steps)
        stages.append(Stage(f"s{number}", 600, "build", steps))
    return Plan(Event("push", "main", "c" * 40), "lab", tuple(stages), "")


def steps(rounds: int) -> Times:
    """Time a thousand steps that do nothing, shown line by line and journaled; in seconds a step."""
    times = Times("a step")
    for _ in range(rounds):
        with tempfile.TemporaryDirectory() as folder, Path(os.devnull).open("w", encoding="utf-8") as nowhere:
            plan, journal, console = wide_plan(), Journal(Path(folder)), live(nowhere, View(plain=True))
            journal.listeners.append(console.on_record)
            journal.lines.append(console.on_line)
            journal.write("run_started", plan=plan.to_json())
            wall, cpu = time.perf_counter(), time.process_time()
            ends = Execution(plan, journal, {"process": lambda *_: None}, 4).run()
            times.wall.append((time.perf_counter() - wall) / STEPS)
            times.cpu.append((time.process_time() - cpu) / STEPS)
        assert len(ends) == STEPS
    return times


def memory(megabytes: int) -> float:
    """Give the MiB that a run takes at most whose two steps print so much together."""
    argv = (sys.executable, "-c", _LOUD % (megabytes // 2))
    environ = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
    done = subprocess.run(argv, env=environ, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stderr[-2000:]
    return int(done.stdout) / 1024


def rows(made: dict[str, Times], step: Times, taken: Sequence[float]) -> list[str]:
    """Give the lines of the table: what, how long, beside what, the limit."""
    bare, listed, plan = (made[name] for name in ("bare --list", "--list", "plan"))
    return [
        f"| `invoke --list` of a bare `tasks.py` | {bare.median():.3f} s | | |",
        f"| `invoke --list` | {listed.median():.3f} s | {ratio(listed, bare):.2f} times that | 1.3 times |",
        f"| `invoke plan` | {plan.median():.3f} s | {over(plan, listed):.3f} s over `--list` | 0.3 s |",
        f"| a step of a plan of {STEPS} | {step.median() * 1000:.2f} ms | | 1 ms |",
        f"| memory of a run without output | {taken[0]:.0f} MiB | | |",
        f"| memory of a run with {OUTPUT_MB} MB of output | {taken[1]:.0f} MiB | | 100 MiB |",
    ]


def ratio(times: Times, other: Times) -> float:
    """Give how many times the work of another a command is: of the least of each, which nothing else disturbed."""
    return min(times.cpu) / min(other.cpu)


def over(times: Times, other: Times) -> float:
    """Give by how many seconds a command is longer than another."""
    return min(times.wall) - min(other.wall)
