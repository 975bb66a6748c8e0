"""One plan per file: event and facts lead to exactly these stages, steps and commands.

A file has `given` (event, branch, target; optional: edits, environ, config as more TOML) and `plan`, the whole object
that `invoke plan --json` prints; the sizes of scripts and the keys of steps, which change with every comment in a
script, stand as words.
To see what a case leads to now:

    PYTHONPATH=src:tests/support .venv/bin/python tests/cases/test_plans.py push-main-lab

Look at what it prints before you put it into the file.
"""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path
from typing import Any

import pytest

from checkouts import git_answers, make_checkout, without_hashes
from histories import decisions
from samples import CONFIG_TEXT
from shiplane.cli.app import App
from shiplane.cli.plans import pipeline_plan
from shiplane.model import STAGE_NAMES
from shiplane.pipeline.graph import Graph
from worlds import RecordedWorld

CASES = sorted(Path(__file__).with_name("plans").glob("*.json"))


def load(case: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(case.read_text(encoding="utf-8"))
    return found


def make(given: dict[str, Any], folder: Path) -> dict[str, Any]:
    checkout = make_checkout(folder, {"pyproject.toml": CONFIG_TEXT + given.get("config", "")})
    world = RecordedWorld(git_answers(given["branch"], given.get("edits", "")))
    app = App(checkout, given.get("environ", {}), world)
    return pipeline_plan(app, app.event(given["event"]), app.target(given["target"])).to_json()


def render(plan: dict[str, Any]) -> str:
    return without_hashes(json.dumps(plan, indent=2, ensure_ascii=False))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.stem)
def test_the_plan_of_a_case(case: Path, tmp_path: Path) -> None:
    found = load(case)
    first, again = (render(make(found["given"], tmp_path / folder)) for folder in ("one", "two"))
    assert first == render(found["plan"])
    assert again == first


def test_a_first_run_builds_what_is_needed_last_after_what_everything_waits_for(tmp_path: Path) -> None:
    """By the seconds that steps count which never ran: where these change, look at the order again."""
    app = App(make_checkout(tmp_path), {}, RecordedWorld(git_answers("main", "")))
    plan = pipeline_plan(app, app.event("push"), app.target("lab"))
    graph = Graph(plan.steps)
    before = ("build.clean", "build.bases")
    assert {step.id for step in (graph.take(), graph.take()) if step} == set(before)
    for name in before:
        graph.passed(next(step for step in plan.steps if step.id == name))
    taken: list[str] = []
    while (step := graph.take(taken)) is not None:
        taken.append(step.id)
    assert taken == ["build.images", "build.lab", "test.lint"]
    late = graph.take()
    assert late is not None
    assert late.id == "build.test-runner"


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.stem)
def test_a_plan_holds_together(case: Path) -> None:
    """Steps have names of their own and need only steps before them; stages come in their order."""
    found = load(case)["plan"]
    names = [stage["name"] for stage in found["stages"]]
    assert names == [name for name in STAGE_NAMES if name in names]
    known: set[str] = set()
    for stage in found["stages"]:
        assert {"name", "timeout_seconds", "steps"} == set(stage)
        assert stage["steps"] != []
        for step in stage["steps"]:
            assert {"id", "needs", "host", "commands", "undo"} <= set(step)
            assert step["id"].startswith(f"{stage['name']}.")
            assert step["id"] not in known
            assert known.issuperset(step["needs"])
            known.add(step["id"])


def test_every_kind_of_event_has_a_case() -> None:
    given = [load(case)["given"] for case in CASES]
    assert {one["event"] for one in given} == {"push", "pull_request", "manual"}
    assert {one["target"] for one in given} == {"lab", "remote"}
    assert any(one.get("edits") for one in given)
    assert [] in [load(case)["plan"]["stages"] for case in CASES]


def made_now(case: Path, place: Path) -> dict[str, Any]:
    """Give what a case leads to now, whether it is one of plans or of changes (`test_changes.py`)."""
    wanted = load(case)["given"]
    if "passed_before" in wanted:
        return {"given": wanted, "decisions": decisions(wanted, place)}
    return {"given": wanted, "plan": make(wanted, place)}


if __name__ == "__main__":
    for name in sys.argv[1:]:
        with tempfile.TemporaryDirectory() as place:
            [found] = Path(__file__).parent.glob(f"*/{name}.json")
            sys.stdout.write(render(made_now(found, Path(place))) + "\n")
