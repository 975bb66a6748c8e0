"""Run the phases of a rollout, one command after the other, within their time."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from shiplane.deploy.failures import explain, gate_failure
from shiplane.errors import TimeLimit
from shiplane.runners.base import now

if TYPE_CHECKING:
    from collections.abc import Callable

    from shiplane.deploy.phases import Phase
    from shiplane.model import Command, Site
    from shiplane.runners.base import Cancel, Completed, Runner


@dataclass(frozen=True, slots=True)
class Execution:
    """Carry out phases on one server, or fail with what the server can tell about it."""

    runner: Runner
    site: Site
    report: Callable[[str], None]
    cancel: Cancel

    def run(self, *phases: Phase) -> list[Completed]:
        """Run phases to the end of the last; the first command that fails ends it with its cause."""
        return [completed for phase in phases for completed in self._phase(phase)]

    def _phase(self, phase: Phase) -> list[Completed]:
        self.report(phase.title)
        end = now() + phase.seconds
        try:
            return [self._command(phase, command, end) for command in phase.commands]
        finally:
            for command in phase.always:
                self.runner.run(command)

    def _command(self, phase: Phase, command: Command, end: float) -> Completed:
        left = max(end - now(), 1.0)
        limited = replace(command, timeout=min(command.timeout or left, left))
        try:
            completed = self.runner.run(limited, on_line=self._line if phase.told else None, cancel=self.cancel)
        except TimeLimit:
            if self.cancel.is_set():
                raise  # the stage's limit, not this command's
            completed = None
        if completed is not None and completed.ok:
            return completed
        if phase.health:
            raise gate_failure(self.runner, self.site, phase, completed)
        raise explain(self.site, phase, command, completed.tail() if completed else ())

    def _line(self, line: str) -> None:
        self.report(f"  {line}")
