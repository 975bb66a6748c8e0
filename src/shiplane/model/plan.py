"""The plan: what an event leads to, decided before anything runs."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from shiplane.model.command import Command
    from shiplane.model.event import Event

STAGE_NAMES = ("build", "test", "publish", "staging", "e2e", "production")


@dataclass(frozen=True, slots=True)
class Step:
    """Plan one unit of work: `action` names what carries it out, `commands` what that will run.

    `needs` are ids of steps that must have passed.
    """

    id: str
    title: str
    needs: tuple[str, ...] = ()
    host: str = "local"
    commands: tuple[Command, ...] = ()
    undo: tuple[Command, ...] = ()
    action: str = "process"
    environment: str = ""

    def to_json(self) -> dict[str, Any]:
        """Give the form that `invoke plan --json` prints, commands masked."""
        return {
            "id": self.id,
            "title": self.title,
            "needs": list(self.needs),
            "host": self.host,
            "commands": [command.masked() for command in self.commands],
            "undo": [command.masked() for command in self.undo],
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
