"""The processes of this machine, those of the stand-in servers included, as every user can list them."""

from __future__ import annotations

import contextlib
import os
import signal
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from types import TracebackType

_PAUSE_SECONDS = 0.05


def command_lines() -> dict[int, bytes]:
    """Give the arguments of each process."""
    found = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                found[int(folder.name)] = (folder / "cmdline").read_bytes()
            except OSError:
                continue  # it ended meanwhile
    return found


def working_in(folder: Path) -> dict[int, bytes]:
    """Give the processes whose working folder is this one or below it."""
    found = {}
    for number, arguments in command_lines().items():
        try:
            here = Path(f"/proc/{number}/cwd").readlink()
        except OSError:
            continue
        if here.is_relative_to(folder):
            found[number] = arguments
    return found


def kill_all_in(folder: Path) -> None:
    """Kill the processes whose working folder is this one or below it, those that start meanwhile included."""
    while found := working_in(folder):
        for number in found:
            with contextlib.suppress(ProcessLookupError):  # it ended since it was seen
                os.kill(number, signal.SIGKILL)


class ArgumentWatch:
    """Look at all processes again and again while the block runs; `seen` holds every command line."""

    def __init__(self) -> None:
        self.seen: set[bytes] = set()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._ended.wait(_PAUSE_SECONDS):
            self.seen.update(command_lines().values())

    def saw(self, text: str) -> bool:
        """Tell whether a command line held the text."""
        return any(text.encode() in line for line in self.seen)
