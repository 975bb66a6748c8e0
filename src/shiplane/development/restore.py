"""Bringing a backup back: everything is loaded beside what is there, then both change places, or neither does."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, NoReturn

from shiplane.commands import development as commands
from shiplane.development import backups
from shiplane.development.backups import DATABASE
from shiplane.errors import BackupUnknown, RestoreFailed, ShiplaneError, StepFailed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from shiplane.development.backups import Kept
    from shiplane.development.stack import Stack

_AS_BEFORE = "the data are what they were before"
_UNKNOWN = "what was there before could not be brought back either"
_LOOK = "see the lines above; what is kept: invoke dev.backups"


def parts_of(backup: Kept, chosen: Sequence[str], *, asked: bool) -> tuple[str, ...]:
    """Give the parts to restore: of those that the project has, what the backup holds; raises `BackupUnknown`."""
    lacking = [part for part in chosen if part not in backup.sizes]
    if lacking and (asked or len(lacking) == len(chosen)):
        raise BackupUnknown(backup.name, f"it holds {', '.join(backup.sizes)}, and not {', '.join(lacking)}")
    return tuple(part for part in chosen if part in backup.sizes)


class Restore:
    """Restore parts of one backup."""

    def __init__(self, stack: Stack, backup: Kept, parts: Sequence[str]) -> None:
        self.stack = stack
        self.backup = backup.name
        self.parts = tuple(parts)
        self._stopped: tuple[str, ...] = ()
        self._loaded: list[str] = []
        self._changing = False

    def run(self) -> None:
        """Do it; raises `RestoreFailed`, and what cut it off, with the data as they were."""
        running = self.stack.running()
        self._stopped = tuple(name for name in self.stack.writers() if name in running)
        if DATABASE in self.parts and self.stack.config.backup.service not in running:
            up = commands.up((self.stack.config.backup.service,), build=False)
            self.stack.do(up, "the database did not start", "see why: invoke dev.logs")
        try:
            self._load()
            self._change()
        except BaseException as error:  # noqa: BLE001 - it is raised again once the data are back
            self._fail(error)
        for part in self.parts:
            self._do(part, "finish", "removing what was there before")

    def _load(self) -> None:
        for part in self.parts:
            self._do(part, "load", "loading it")
            self._loaded.append(part)

    def _change(self) -> None:
        self._changing = True
        if self._stopped:
            self.stack.do(commands.stop(self._stopped), "stopping the application", _LOOK)
        for part in self.parts:
            self._do(part, "swap", "putting it in place")
        self._start()

    def _do(self, part: str, verb: str, what: str) -> None:
        self.stack.do(backups.script(self.stack, part, verb, self.backup), f"{what} ({part})", _LOOK)

    def _start(self) -> None:
        """Start what was stopped: it brings the database up to the code, and has to get healthy on it."""
        if self._stopped:
            self.stack.do(commands.up(self._stopped, build=False), "starting the application on it", _LOOK)

    def _fail(self, error: BaseException) -> NoReturn:
        """Bring back what was there before, and tell why."""
        now, details = _AS_BEFORE, getattr(error, "details", ())
        try:
            self._undo()
        except ShiplaneError as worse:
            now, details = f"{_UNKNOWN}: {worse.cause}", (*details, *worse.details)
        if not isinstance(error, StepFailed):
            raise error
        raise RestoreFailed(self.backup, error.cause, now, _LOOK, details) from error

    def _undo(self) -> None:
        """Undo what was done: a part that was not loaded is as it was, also where an earlier change was cut off."""
        if self._changing and self._stopped:
            with suppress(StepFailed):
                self.stack.do(commands.stop(self._stopped), "stopping the application", _LOOK)
        for part in self._loaded:
            self._do(part, "back" if self._changing else "finish", "bringing back what was there before")
        if self._changing:
            self._start()
