"""A run's place on this machine: its processes and temporary folders, none of which outlive it."""

from __future__ import annotations

import tempfile
from typing import TYPE_CHECKING, Self

from shiplane.runners import descendants, process, temporary

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType


class Presence:
    """Mark the processes that a runner starts with `environ`, and give them one temporary folder, for a while.

    `found` names the processes that runs before had left because they were killed; those are ended at the beginning.
    """

    def __init__(self, environ: dict[str, str]) -> None:
        self.environ = environ
        self.found: list[str] = []
        self._before: frozenset[int] = frozenset()
        self._kept: tuple[str | None, dict[str, str]] = (None, {})
        self._folder: Path

    def __enter__(self) -> Self:
        self._before = descendants.adopt()
        for mark in temporary.remove_left():
            self.found += descendants.end_marked(mark)
        self._folder = temporary.make("run")
        self._kept = (tempfile.tempdir, dict(self.environ))
        # Of this process too: logins and keys are in there, which a kill must not leave for ever.
        tempfile.tempdir = str(self._folder)
        self.environ |= {"TMPDIR": str(self._folder), descendants.OWNER: process.own().mark}
        return self

    def end_processes(self) -> list[str]:
        """End what the processes have left running, and name it."""
        return descendants.end_adopted(self._before)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.end_processes()
        tempfile.tempdir, kept = self._kept
        self.environ.clear()
        self.environ.update(kept)
        temporary.remove(self._folder)
