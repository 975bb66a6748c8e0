"""One case per file: a run that passed, and what changed since, lead to exactly these decisions and reasons.

A file has `given` (see `histories.decisions`) and `decisions`, what `invoke plan --json` tells of each step: whether it
runs, is reused, left out or asked for, why, and the run whose result counts. Git is asked for what changed, so that
nothing but the engine is a recording here.
To see what a case leads to now:

    PYTHONPATH=src:tests/support .venv/bin/python tests/cases/test_plans.py after-a-frontend-line

Look at what it prints before you put it into the file.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from histories import decisions

CASES = sorted(Path(__file__).with_name("changes").glob("*.json"))


def load(case: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(case.read_text(encoding="utf-8"))
    return found


@pytest.fixture(autouse=True)
def reached_out() -> list[str]:
    """Let git be started: the other cases forbid every process."""
    return []


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.stem)
def test_the_decisions_of_a_case(case: Path, tmp_path: Path) -> None:
    found = load(case)
    assert list(decisions(found["given"], tmp_path).items()) == list(found["decisions"].items())


def test_every_decision_and_every_reason_to_run_has_a_case() -> None:
    made = [load(case) for case in CASES]
    told = [decision for case in made for decision in case["decisions"].values()]
    assert {decision["choice"] for decision in told} == {"run", "reuse", "skip", "ask"}
    assert {decision["run"] for decision in told if decision["choice"] == "reuse"} == {"41"}
    reasons = "\n".join(decision["why"] for decision in told if decision["choice"] == "run")
    for reason in ("changed since run 41", "is new since run 41", "is gone since run 41", "more since run 41"):
        assert reason in reasons
    for reason in ("run 42 was cut off", "no earlier result shall count", "no result of it is known"):
        assert reason in reasons
