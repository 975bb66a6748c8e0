"""What a console shows of a run that goes on: its state, times and the last lines of output."""

from __future__ import annotations

import threading
from collections import deque
from typing import TYPE_CHECKING

from shiplane.report.estimate import time_left
from shiplane.report.state import RunState
from shiplane.report.text import clean

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from shiplane.pipeline.journal import Record
    from shiplane.report.estimate import Left
    from shiplane.report.state import StageState, StepState

TAIL_LINES = 30


class Progress:
    """Follow a run; every method may be called from any thread while `lock` is held by none but it."""

    def __init__(
        self,
        clock: Callable[[], float],
        estimates: Mapping[str, float],
        log_file: Callable[[str], Path] | None = None,
    ) -> None:
        self.clock = clock
        self.estimates = dict(estimates)
        self.log_file = log_file
        self.lock = threading.RLock()
        self.run = RunState()
        self.began = clock()
        self._since: dict[str, float] = {}
        self._tails: dict[str, deque[str]] = {}

    def record(self, record: Record) -> None:
        """Take a record and note when what it starts began."""
        with self.lock:
            self.run.apply(record)
            kind = record.get("kind")
            if kind == "run_started":
                self.began = self.clock()
            elif kind == "stage_started":
                self._since[f"stage {record['stage']}"] = self.clock()
            elif kind == "step_started":
                self._since[record["step"]] = self.clock()

    def line(self, step: str, text: str) -> None:
        """Keep a line of output; cleaning it waits until it is shown, for there may be millions."""
        if not text or text.isspace():
            return
        with self.lock:
            tail = self._tails.get(step)
            if tail is None:
                tail = self._tails[step] = deque(maxlen=TAIL_LINES)
            tail.append(text)

    def elapsed(self) -> float:
        """Give the seconds since the run began."""
        return self.clock() - self.began

    def stage_elapsed(self, stage: StageState) -> float:
        """Give the seconds a stage took or has taken so far."""
        return self._taken(f"stage {stage.name}") if stage.seconds is None else stage.seconds

    def step_elapsed(self, step: StepState) -> float:
        """Give the seconds a step took or has taken so far."""
        return self._taken(step.id) if step.seconds is None else step.seconds

    def _taken(self, key: str) -> float:
        now = self.clock()
        return now - self._since.get(key, now)

    def last_line(self, step: str) -> str:
        """Give the last line that shows something."""
        with self.lock:
            return next((shown for text in reversed(self._tails.get(step, ())) if (shown := clean(text))), "")

    def tail(self, step: StepState) -> list[str]:
        """Give the last lines of a step that failed: those it named, else those it printed."""
        with self.lock:
            lines = step.details or tuple(self._tails.get(step.id, ()))
        return [clean(line) for line in lines][-TAIL_LINES:]

    def left(self) -> Left | None:
        """Give what is left by earlier durations."""
        with self.lock:
            return time_left(self.run, self.estimates, self._taken)
