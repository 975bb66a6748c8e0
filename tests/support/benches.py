"""Plans of a few steps that behave as a test tells them to."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from shiplane.model import Event, Plan, Stage, Step
from shiplane.pipeline.execute import Execution
from shiplane.pipeline.journal import Journal, read

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from shiplane.model import Outcome
    from shiplane.pipeline.journal import Record
    from shiplane.runners.base import Cancel

    Behave = Callable[[Callable[[str], None], Cancel], None]


def make_stage(name: str, *steps: Step, limit: float = 60, clock: str = "") -> Stage:
    return Stage(name, limit, clock or name, steps)  # type: ignore[arg-type] - tests have no whole seconds to lose


def make_plan(*stages: Stage) -> Plan:
    return Plan(Event("push", "main", "c" * 40), "lab", stages, "a test")


class Bench:
    """Run plans whose steps behave as told, or answer; `started` and `ended` are in the order of events."""

    def __init__(self, folder: Path) -> None:
        self.journal = Journal(folder)
        self.behaviours: dict[str, Behave] = {}
        self.answers: dict[str, Outcome] = {}
        self.started: list[str] = []
        self.ended: list[str] = []
        self._lock = threading.Lock()

    def act(self, step: Step, say: Callable[[str], None], cancel: Cancel, /) -> Outcome | None:
        with self._lock:
            self.started.append(step.id)
        try:
            if step.id in self.behaviours:
                self.behaviours[step.id](say, cancel)
        finally:
            with self._lock:
                self.ended.append(step.id)
        return self.answers.get(step.id)

    def execution(self, plan: Plan, parallel: int = 3, *, fail_fast: bool = False) -> Execution:
        return Execution(plan, self.journal, {"process": self.act}, parallel, fail_fast=fail_fast)

    def run(self, plan: Plan, parallel: int = 3) -> dict[str, Outcome]:
        return self.execution(plan, parallel).run()

    @property
    def records(self) -> list[Record]:
        return read(self.journal.folder)

    def told(self, kind: str) -> dict[str, str]:
        """Give the statuses in the journal, by step or stage."""
        name = kind.partition("_")[0]
        return {record[name]: record["status"] for record in self.records if record["kind"] == kind}
