"""The plan: what an event leads to, decided before anything runs."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from shiplane.model.command import Command
    from shiplane.model.event import Event

STEP_NAMES = {
    "build": ("clean", "bases", "images", "test-runner", "lab"),
    "test": ("backend", "frontend", "lint", "lint-frontend", "lint-backend"),
    "publish": ("images", "push"),
    "staging": ("vpn", "deploy", "rollback", "verify"),
    "e2e": ("vpn", "bases", "runner", "tests"),
    "production": ("vpn", "deploy", "promote", "rollback", "verify"),
}
"""The steps that a stage may have; a step's id is `stage.name`."""
STAGE_NAMES = tuple(STEP_NAMES)

Choice = Literal["run", "reuse", "skip", "ask"]


@dataclass(frozen=True, slots=True)
class Inputs:
    """Declare all that a step's result depends on; what is not named here the step must not read.

    `files` and `without` are patterns as git's `:(glob)` has them, `config` paths of keys in the configuration,
    `environ` names of variables, `images` references whose ids count, `values` what else counts, by a name for people.
    `tools` are patterns of names of tools on this machine whose versions count, such as `engine` or `python/*`.
    """

    files: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    config: tuple[str, ...] = ()
    environ: tuple[str, ...] = ()
    images: tuple[str, ...] = ()
    values: tuple[tuple[str, str], ...] = ()
    tools: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Decision:
    """Say what becomes of a step, and why.

    `run`: it runs. `reuse`: the result of the run named `run` counts. `skip`: nothing needs it. `ask`: what it
    acts on is asked when its turn comes, and `why` says who.
    """

    choice: Choice = "run"
    why: str = ""
    run: str = ""


@dataclass(frozen=True, slots=True)
class Retry:
    """Allow a step to fail: at most `tries` times in all, `wait_seconds` (doubled each time) between two."""

    tries: int
    wait_seconds: float
    reason: str


@dataclass(frozen=True, slots=True)
class Step:
    """Plan one unit of work: `action` names what carries it out, `commands` what that will run.

    `needs` are ids of steps that must have passed. `timeout_seconds` limits each try, 0: the stage's clock alone.
    `key` is the hash of what `inputs` name; `outputs` are the files and folders that belong to the result, `makes` the
    local images. `asks` names whom the step asks whether there is anything to do, `only_for` the steps without which it
    has no use; one that `cleans` is of use after a run that was cut off too. `estimate_seconds` is what it took before.
    `definition` is the text of the bake file by which it builds images.
    """

    id: str
    title: str
    needs: tuple[str, ...] = ()
    host: str = "local"
    commands: tuple[Command, ...] = ()
    undo: tuple[Command, ...] = ()
    action: str = "process"
    environment: str = ""
    timeout_seconds: int = 0
    retry: Retry | None = None
    inputs: Inputs | None = None
    outputs: tuple[str, ...] = ()
    makes: tuple[str, ...] = ()
    asks: str = ""
    only_for: tuple[str, ...] = ()
    cleans: bool = False
    definition: str = ""
    key: str = ""
    decision: Decision = Decision()
    estimate_seconds: float | None = None

    def to_json(self) -> dict[str, Any]:
        """Give the form that `invoke plan --json` prints, commands masked."""
        return {
            "id": self.id,
            "title": self.title,
            "needs": list(self.needs),
            "host": self.host,
            "environment": self.environment,
            "commands": [command.masked() for command in self.commands],
            "undo": [command.masked() for command in self.undo],
            "timeout_seconds": self.timeout_seconds,
            "retry": asdict(self.retry) if self.retry else None,
            "key": self.key,
            "decision": asdict(self.decision),
            "estimate_seconds": self.estimate_seconds,
            **({"definition": json.loads(self.definition)} if self.definition else {}),
        }


@dataclass(frozen=True, slots=True)
class Stage:
    """Group steps under one time limit; stages with the same `clock` share it from its first start."""

    name: str
    timeout_seconds: int
    clock: str
    steps: tuple[Step, ...]

    def to_json(self) -> dict[str, Any]:
        """Give the form that `invoke plan --json` prints."""
        steps = [step.to_json() for step in self.steps]
        return {"name": self.name, "timeout_seconds": self.timeout_seconds, "steps": steps}


@dataclass(frozen=True, slots=True)
class Plan:
    """Hold the whole plan; without stages, `reason` says why nothing is to be done."""

    event: Event
    target: str
    stages: tuple[Stage, ...]
    reason: str
    release: str = ""
    notes: tuple[str, ...] = field(default=())

    @property
    def steps(self) -> tuple[Step, ...]:
        """Give all steps, in the order of their stages."""
        return tuple(step for stage in self.stages for step in stage.steps)

    def to_json(self) -> dict[str, Any]:
        """Give the object that `invoke plan --json` prints."""
        event = {"name": self.event.name, "branch": self.event.branch, "commit": self.event.commit}
        return {
            "event": event,
            "target": self.target,
            "release": self.release,
            "reason": self.reason,
            "notes": list(self.notes),
            "stages": [stage.to_json() for stage in self.stages],
        }
