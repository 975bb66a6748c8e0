"""The command that repeats one step of a run."""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from shiplane.report.state import RunState, StepState

# By the last word of the step's id.
_COMMANDS: Mapping[str, str] = {
    "deploy": "invoke deploy --env {environment} --release {release} --target {target}",
    "promote": "invoke promote --to {environment} --release {release} --target {target}",
    "rollback": "invoke rollback --env {environment} --to {release} --target {target}",
    "verify": "invoke verify --env {environment} --target {target}",
    "push": "invoke publish --branch {branch} --target {target}",
    "lab": "invoke lab.up",
}
_E2E = "invoke e2e --env {environment} --target {target}"
# Within a run a session is told that its images are built already; typed alone it makes sure of them itself.
_SESSION = re.compile(r"^(?:SHIPLANE_RUN=\S+ )?(?=\S*nox -s )")


def repeat_command(step: StepState, run: RunState) -> str:
    """Give what a person types to repeat a step alone, else the run up to its stage; empty where there is no plan."""
    stage, _, name = step.id.partition(".")
    if step.commands and _SESSION.match(step.commands[0]):
        return _SESSION.sub("", step.commands[0])
    template = _E2E if (stage, name) == ("e2e", "tests") else _COMMANDS.get(name, "")
    if template and run.target:
        place = {"environment": step.environment or stage, "target": run.target}
        words = {**place, "release": run.release, "branch": run.branch}
        return template.format(**{key: shlex.quote(value) for key, value in words.items()})
    return repeat_run(run, step.stage) if run.event else ""


def repeat_run(run: RunState, until: str = "", target: str = "") -> str:
    """Give what a person types to run the pipeline as this run did."""
    words = ["invoke", "pipeline", "--target", target or run.target, "--event", run.event, "--branch", run.branch]
    return shlex.join([*words, *(["--until", until] if until else [])])
