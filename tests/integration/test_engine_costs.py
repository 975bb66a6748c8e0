"""The tool itself stays cheap; `nox -s bench` tells how much."""

from __future__ import annotations

import engine_costs as costs


def test_listing_the_tasks_costs_little_more_than_a_bare_task_file() -> None:
    made = costs.commands(20)  # the least of twenty is the same on a busy machine
    assert costs.ratio(made["--list"], made["bare --list"]) <= 1.3
    # Of a core's time, which other processes do not take away.
    assert min(made["plan"].cpu) - min(made["--list"].cpu) <= 0.3


def test_a_step_costs_less_than_a_millisecond() -> None:
    assert min(costs.steps(3).cpu) <= 0.001


def test_a_run_with_much_output_needs_little_memory() -> None:
    assert costs.memory(costs.OUTPUT_MB) <= 100
