"""What the tool itself costs, in one run; writes docs/performance.md."""

from __future__ import annotations

import os

import engine_costs as costs
from yard.pages import engine_page

_ROUNDS = int(os.environ.get("ROUNDS", "15"))


def test_the_tool_costs_no_more_than_it_may() -> None:
    made, step = costs.commands(_ROUNDS), costs.steps(_ROUNDS)
    taken = [costs.memory(megabytes) for megabytes in (0, costs.OUTPUT_MB)]
    engine_page(costs.rows(made, step, taken), _ROUNDS)
    assert costs.ratio(made["--list"], made["bare --list"]) <= 1.3
    assert costs.over(made["plan"], made["--list"]) <= 0.3
    assert step.median() <= 0.001
    assert taken[1] <= 100
