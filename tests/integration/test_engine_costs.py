"""The tool itself stays cheap; `nox -s bench` tells how much."""

from __future__ import annotations

import engine_costs as costs


def cheap(made: dict[str, costs.Times]) -> bool:
    # Of a core's time, which other processes do not take away.
    plan = min(made["plan"].cpu) - min(made["--list"].cpu)
    return costs.ratio(made["--list"], made["bare --list"]) <= 1.3 and plan <= 0.3


def test_listing_the_tasks_costs_little_more_than_a_bare_task_file() -> None:
    made = costs.commands(20, cheap)
    assert cheap(made), {name: min(times.cpu) for name, times in made.items()}


def test_a_step_costs_less_than_a_millisecond() -> None:
    assert min(costs.steps(3).cpu) <= 0.001


def test_a_run_with_much_output_needs_little_memory() -> None:
    assert costs.memory(costs.OUTPUT_MB) <= 100
