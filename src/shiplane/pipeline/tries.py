"""One try of a step, on a thread of its own; whatever happens in it, there is an outcome."""

from __future__ import annotations

import traceback
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from shiplane.errors import Interrupted, JournalLost, ShiplaneError
from shiplane.model import Outcome
from shiplane.runners.base import Cancel, now

if TYPE_CHECKING:
    from collections.abc import Mapping

    from shiplane.model import Status, Step
    from shiplane.pipeline.execute import Action
    from shiplane.pipeline.journal import Journal


@dataclass(slots=True)
class Try:
    """Carry out a step for the `number`-th time; `first` is when the step began, `began` this try of it.

    `doing` is the last line that it said. `late` is set before it is cancelled for its own time limit, so that
    another try may follow; `may_pass` tells whether one may succeed.
    """

    step: Step
    number: int
    first: float
    began: float
    cancel: Cancel = field(default_factory=Cancel)
    doing: str = ""
    late: bool = False
    may_pass: bool = False
    outcome: Outcome = field(default_factory=lambda: Outcome("running"))

    def run(self, actions: Mapping[str, Action], journal: Journal) -> None:
        """Do it and note the outcome."""

        def say(line: str) -> None:
            self.doing = line
            journal.line(self.step.id, line)

        try:
            answered = actions[self.step.action](self.step, say, self.cancel)
        except ShiplaneError as error:
            self.may_pass = error.may_pass and (self.late or not self.cancel.is_set())
            self.outcome = self._failed(error)
        except BaseException as error:  # noqa: BLE001 - a bug in one step must not lose the others' outcomes
            self.outcome = self._bug(error, journal)
        else:
            tries = 0 if answered else self.number
            self.outcome = replace(answered or Outcome("passed"), seconds=now() - self.first, tries=tries)

    def _failed(self, error: ShiplaneError) -> Outcome:
        status: Status = "cancelled" if isinstance(error, Interrupted) else "failed"
        told = (error.exit_code, error.cause, error.fix, error.details)
        return Outcome(status, now() - self.first, *told, tries=self.number, page=error.page)

    def _bug(self, error: BaseException, journal: Journal) -> Outcome:
        with suppress(JournalLost):
            for line in "".join(traceback.format_exception(error)).splitlines():
                journal.line(self.step.id, line)
        cause = f"a bug in Shiplane: {type(error).__name__} in {self.step.id}"
        fix = f"please report it with the log {journal.log_file(self.step.id)}"
        return Outcome("failed", now() - self.first, 1, cause, fix, tries=self.number)
