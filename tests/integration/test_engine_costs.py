"""The tool itself stays cheap; `nox -s bench` tells how much.

Limits in seconds are those of the machine that docs/performance.md tells of; a slower one has as much more time.
"""

from __future__ import annotations

import os
import resource
import subprocess
import time
from typing import TYPE_CHECKING
from unittest.mock import ANY

import pytest

import engine_costs as costs
from shiplane.facts.hashes import Hashes
from shiplane.facts.inventory import survey
from shiplane.pipeline.store import Store
from shiplane.runners.local import LocalRunner

if TYPE_CHECKING:
    from pathlib import Path


pytestmark = pytest.mark.alone


def cheap(made: dict[str, costs.Times]) -> bool:
    # Of a core's time, which other processes do not take away.
    plan = min(made["plan"].cpu) - min(made["--list"].cpu)
    return costs.ratio(made["--list"], made["bare --list"]) <= 1.3 and plan <= 0.3 * costs.scale(made["bare --list"])


def test_listing_the_tasks_costs_little_more_than_a_bare_task_file() -> None:
    made = costs.commands(20, cheap)
    assert cheap(made), {name: min(times.cpu) for name, times in made.items()}


def test_a_step_costs_less_than_a_millisecond() -> None:
    assert min(costs.steps(3).cpu) <= 0.001


def test_a_run_with_much_output_needs_little_memory() -> None:
    assert costs.memory(costs.OUTPUT_MB) <= 100


def test_fifty_thousand_files_that_did_not_change_cost_half_a_second(tmp_path: Path) -> None:
    """None of them is committed, so that git's own index knows nothing of them."""
    names = [f"{number % 500}/{number}.txt" for number in range(50_000)]
    for number in range(500):
        (tmp_path / str(number)).mkdir()
    for name in names:
        (tmp_path / name).write_text(name)
    subprocess.run(("git", "init", "--quiet"), cwd=tmp_path, check=True)
    store, runner = Store(tmp_path), LocalRunner(tmp_path, os.environ)
    first = Hashes(tmp_path, clock=lambda: time.time_ns() + 10_000_000_000)  # that they are new is another question
    made = survey(runner, first)
    store.save_hashes(first.kept())

    def again() -> float:
        began = cpu()
        known = Hashes(tmp_path, store.hashes())
        found = survey(runner, known)
        took = cpu() - began
        assert found.files == {**made.files, ".shiplane/hashes.json": ANY}
        return took

    # Of a core's time, which a busy machine makes longer: what is within the limit once is within it.
    assert any(again() <= 0.5 * costs.slowness() for _ in range(25))


def cpu() -> float:
    """Give the core's time that this process and its children have had, which other processes do not take away."""
    own, children = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return own.ru_utime + own.ru_stime + children.ru_utime + children.ru_stime
