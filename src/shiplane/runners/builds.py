"""Building images on an engine that other processes change meanwhile."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from shiplane.model import Command
    from shiplane.runners.base import Cancel, Completed, Runner

# What a second try mends, and why the first one failed. Nothing else that is not found goes without its name.
_DISTURBED = {
    re.compile(r"failed to prepare extraction snapshot|failed to solve: not found$"): (
        "the engine removed a part of the image while it was made, as another image went"
    ),
    re.compile(r'failed to solve: image "[^"]+": already exists$'): (
        "another build gave its image the same name at the same moment"
    ),
}


class Builds:
    """Run builds through another runner, once more where another process disturbed the engine.

    An engine on the containerd store writes an image part by part, and unpacks it layer by layer; when another process
    removes what shared them, one can be gone before the next comes. The second try makes all of them. And of two that
    name an image at once, where none has that name yet, it refuses the second.
    """

    def __init__(self, runner: Runner) -> None:
        self.runner = runner

    def run(
        self,
        command: Command,
        *,
        on_line: Callable[[str], None] | None = None,
        cancel: Cancel | None = None,
    ) -> Completed:
        """Build to the end, whether by buildx or Compose; see `Runner.run`."""
        done = self.runner.run(command, on_line=on_line, cancel=cancel)
        why = "" if done.ok else _disturbance(done.tail())
        if not why:
            return done
        if on_line is not None:
            on_line(f"{why}: building once more")
        return self.runner.run(command, on_line=on_line, cancel=cancel)


def _disturbance(lines: Iterable[str]) -> str:
    """Say what another process did to a build that ended with these lines; empty: nothing."""
    return next((why for line in lines for sign, why in _DISTURBED.items() if sign.search(line)), "")
