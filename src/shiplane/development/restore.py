"""Bringing a backup back: everything is loaded beside what is there, then both change places, or neither does."""

from __future__ import annotations

from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, NoReturn

from shiplane.commands import development as commands
from shiplane.development import backups, cut_off
from shiplane.development.backups import DATABASE
from shiplane.errors import BackupUnknown, RestoreFailed, ShiplaneError, StepFailed

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from shiplane.development.backups import Kept
    from shiplane.development.stack import Stack

_AS_BEFORE = "the data are what they were before"
_NOT_BACK = "{} could not be brought back to what it was before either"
_LOOK = "see the lines above; what is kept: invoke dev.backups"


def parts_of(backup: Kept, chosen: Sequence[str], *, asked: bool) -> tuple[str, ...]:
    """Give the parts to restore: of those that the project has, what the backup holds; raises `BackupUnknown`."""
    lacking = [part for part in chosen if part not in backup.sizes]
    if lacking and (asked or len(lacking) == len(chosen)):
        raise BackupUnknown(backup.name, f"it holds {', '.join(backup.sizes)}, and not {', '.join(lacking)}")
    return tuple(part for part in chosen if part in backup.sizes)


def start_database(stack: Stack, parts: Sequence[str], running: Sequence[str]) -> None:
    """Start the database where it is among the parts and not among what runs; raises `StepFailed`."""
    service = stack.config.backup.service
    if DATABASE in parts and service not in running:
        stack.do(commands.up((service,), build=False), "the database did not start", "see why: invoke dev.logs")


class Restore:
    """Restore parts of one backup."""

    def __init__(self, stack: Stack, backup: Kept, parts: Sequence[str]) -> None:
        self.stack = stack
        self.backup = backup.name
        self.parts = tuple(parts)
        self._stopped: tuple[str, ...] = ()
        self._loaded: list[str] = []
        self._changing = False
        # Of an earlier one that was cut off.
        self._noted = cut_off.read(stack.checkout)

    def run(self) -> None:
        """Do it; raises `RestoreFailed`, and what cut it off, with the data as they were."""
        running = self.stack.running()
        served = (*running, *self._noted.stopped)
        self._stopped = tuple(name for name in self.stack.writers() if name in served)
        start_database(self.stack, self.parts, running)
        try:
            self._load()
            self._change()
        except BaseException as error:  # noqa: BLE001 - it is raised again once the data are back
            self._fail(error)
        for part in self.parts:
            failed = f"{self.backup} was restored, but what {part} was before could not be removed"
            order = backups.script(self.stack, part, "finish", self.backup)
            self.stack.do(order, failed, "nothing has to be done: the next restore removes it")

    def _load(self) -> None:
        for part in self.parts:
            self._do(part, "load", "loading it")
            self._loaded.append(part)

    def _change(self) -> None:
        note = self._noted.begun(self.backup, self.parts, self._stopped)
        cut_off.write(self.stack.checkout, note)
        self._changing = True
        if self._stopped:
            self.stack.do(commands.stop(self._stopped), "stopping the application", _LOOK)
        for part in self.parts:
            self._do(part, "swap", "putting it in place")
        self._start()
        cut_off.write(self.stack.checkout, note.ended(self.parts))

    def _do(self, part: str, verb: str, what: str) -> None:
        self.stack.do(backups.script(self.stack, part, verb, self.backup), f"{what} ({part})", _LOOK)

    def _start(self) -> None:
        """Start what was stopped: it brings the database up to the code, and has to get healthy on it."""
        if self._stopped:
            self.stack.do(commands.up(self._stopped, build=False), "starting the application on it", _LOOK)

    def _fail(self, error: BaseException) -> NoReturn:
        """Bring back what was there before, and tell why."""
        self.stack.say("not restored; bringing back what was there before")
        now, details = self._undo()
        if not isinstance(error, StepFailed):
            self.stack.say(now)
            raise error
        raise RestoreFailed(self.backup, error.cause, now, _LOOK, (*error.details, *details)) from error

    def _undo(self) -> tuple[str, tuple[str, ...]]:
        """Undo what was done, each part whatever becomes of the others; say what the data are, with what failed said.

        A part that was not loaded is as it was, also where an earlier change was cut off.
        """
        failed: list[str] = []
        details: list[str] = []

        def attempt(do: Callable[[], object], otherwise: str) -> None:
            try:
                do()
            except ShiplaneError as worse:
                failed.append(otherwise)
                details.extend(worse.details)

        if self._changing and self._stopped:
            with suppress(StepFailed):
                self.stack.do(commands.stop(self._stopped), "stopping the application", _LOOK)
        verb = "back" if self._changing else "finish"
        for part in self._loaded:
            attempt(partial(self._do, part, verb, "bringing back what was there before"), _NOT_BACK.format(part))
        as_before = () if failed else (_AS_BEFORE,)
        if not failed:
            cut_off.write(self.stack.checkout, self._noted)
        if self._changing:
            attempt(self._start, "the application did not start again")
        return "; ".join((*as_before, *failed)), tuple(details)
