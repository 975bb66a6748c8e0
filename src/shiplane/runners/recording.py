"""A runner that writes down what it is asked and answers from a script, to assert whole transcripts."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from shiplane.runners.base import Cancel, Completed

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from shiplane.model import Command


class RecordingRunner:
    """Answer commands by the first pattern that is found in their masked rendering, else with success.

    `answers` are (pattern, stdout, exit code); `transcript` holds `host$ command` lines.
    """

    def __init__(self, answers: Sequence[tuple[str, str, int]] = ()) -> None:
        self.answers = list(answers)
        self.commands: list[Command] = []
        self.environ: dict[str, str] = {}

    @property
    def transcript(self) -> list[str]:
        """Give what was run, masked, in order."""
        return [f"{command.host}$ {command.masked()}" for command in self.commands]

    def run(
        self,
        command: Command,
        *,
        on_line: Callable[[str], None] | None = None,
        cancel: Cancel | None = None,
    ) -> Completed:
        """Record the command and give the scripted answer."""
        if cancel is not None:
            cancel.check()
        self.commands.append(command)
        stdout, code = self._answer(command.masked())
        for line in stdout.splitlines():
            if on_line is not None:
                on_line(line)
        return Completed(code, stdout, stdout, 0.0)

    def attach(self, command: Command, *, terminal: bool) -> int:
        """Record the command and give the scripted exit code."""
        del terminal
        self.commands.append(command)
        return self._answer(command.masked())[1]

    def _answer(self, rendered: str) -> tuple[str, int]:
        for pattern, stdout, code in self.answers:
            if re.search(pattern, rendered):
                return stdout, code
        return "", 0
