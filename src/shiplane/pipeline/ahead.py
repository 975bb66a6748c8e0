"""Reaching a server while the step before goes on, or this one makes ready: to connect takes a fifth of a second."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from shiplane.model import Plan
    from shiplane.pipeline.journal import Record

# Before these have ended nobody knows where the servers are, or can reach them.
_LEADING = frozenset({"lab", "vpn"})


class Ahead:
    """Follow a run's journal, and call `reach` in a thread for the environment of what starts, or can start next.

    A step can when the last one that it waits for has started: a run that fails before has reached no server.
    """

    def __init__(self, plan: Plan, reach: Callable[[str], None]) -> None:
        self._reach = reach
        self._waits: dict[str, set[str]] = {}
        self._environments: dict[str, str] = {}
        self._leading: set[str] = set()
        known = {step.id for step in plan.steps}
        for step in plan.steps:
            if step.action in _LEADING:
                self._leading.add(step.id)
            elif step.environment:
                self._environments[step.id] = step.environment
                self._waits[step.id] = {*(known & {*step.needs}), *self._leading}

    def on_record(self, record: Record) -> None:
        """Take a record of the journal; see `Journal.listeners`."""
        if record["kind"] == "step_ended":
            for waits in self._waits.values():
                waits.discard(record["step"])
        elif record["kind"] == "step_started" and record["step"] not in self._leading:
            self._start(record["step"])

    def _start(self, name: str) -> None:
        near = [step for step, waits in self._waits.items() if waits <= {name} and (waits or step == name)]
        for place in sorted({self._environments[step] for step in near}):
            threading.Thread(target=self._reach, args=(place,), name=f"reach {place}", daemon=True).start()
        for step in near:
            del self._waits[step]
