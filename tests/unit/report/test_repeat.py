from __future__ import annotations

import pytest

from shiplane.report.repeat import repeat_command, repeat_run
from shiplane.report.state import RunState, StepState

RUN = RunState(id="x", event="push", branch="feature/a b", target="lab", release="664a230c1f2e")
COMMANDS = [
    (
        StepState("test.backend", "test", commands=("SHIPLANE_RUN=664a230c1f2e .venv/bin/nox -s tests_backend",)),
        ".venv/bin/nox -s tests_backend",
    ),
    (
        StepState("build.images", "build", commands=(".venv/bin/nox -s images -- development",)),
        ".venv/bin/nox -s images -- development",
    ),
    (
        StepState("publish.push", "publish", commands=("docker push a",)),
        "invoke publish --branch 'feature/a b' --target lab",
    ),
    (StepState("staging.deploy", "staging"), "invoke deploy --env staging --release 664a230c1f2e --target lab"),
    (
        StepState("production.promote", "production"),
        "invoke promote --to production --release 664a230c1f2e --target lab",
    ),
    (StepState("staging.rollback", "staging"), "invoke rollback --env staging --to 664a230c1f2e --target lab"),
    (StepState("staging.verify", "staging"), "invoke verify --env staging --target lab"),
    (StepState("e2e.tests", "e2e", environment="production"), "invoke e2e --env production --target lab"),
    (StepState("build.lab", "build"), "invoke lab.up"),
    (
        StepState("build.bases", "build"),
        "invoke pipeline --target lab --event push --branch 'feature/a b' --until build",
    ),
]


@pytest.mark.parametrize(("step", "command"), COMMANDS)
def test_what_repeats_a_step(step: StepState, command: str) -> None:
    assert repeat_command(step, RUN) == command


def test_what_repeats_a_run_in_the_lab() -> None:
    run = RunState(event="pull_request", branch="main", target="remote")
    assert repeat_run(run, target="lab") == "invoke pipeline --target lab --event pull_request --branch main"


def test_a_step_of_no_known_run_is_not_repeated() -> None:
    assert repeat_command(StepState("a.deploy", "a"), RunState()) == ""
