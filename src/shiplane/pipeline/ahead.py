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
    """Follow a run's journal, and call `reach` in a thread for the environments of what starts and of what comes next.

    A run that fails earlier has reached no server that it did not come close to.
    """

    def __init__(self, plan: Plan, reach: Callable[[str], None]) -> None:
        self._reach = reach
        self._leading = {step.id for step in plan.steps if step.action in _LEADING}
        self._soon: dict[str, set[str]] = {}
        for step in plan.steps:
            if step.environment and step.action not in _LEADING:
                for before in (step.id, *step.needs):
                    self._soon.setdefault(before, set()).add(step.environment)

    def on_record(self, record: Record) -> None:
        """Take a record of the journal; see `Journal.listeners`."""
        if record["kind"] == "step_ended":
            self._leading.discard(record["step"])
        elif record["kind"] == "step_started" and not self._leading:
            for name in sorted(self._soon.pop(record["step"], ())):
                threading.Thread(target=self._reach, args=(name,), name=f"reach {name}", daemon=True).start()
