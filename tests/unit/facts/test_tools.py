from __future__ import annotations

import os
import platform
from typing import TYPE_CHECKING

from shiplane import __version__
from shiplane.errors import UsageError
from shiplane.facts.tools import tool_versions
from shiplane.runners.recording import RecordingRunner

if TYPE_CHECKING:
    from shiplane.model import Command
    from shiplane.runners.base import Completed


class Machine(RecordingRunner):
    """Have no node."""

    def run(self, command: Command, **words: object) -> Completed:
        if command.argv[0] == "node":
            raise UsageError("node is not on this machine", "run ./scripts/bootstrap")
        return super().run(command, **words)  # type: ignore[arg-type]


def test_versions_of_what_is_here_and_a_word_for_what_is_not() -> None:
    machine = Machine(
        [
            ("git --version", "git version 2.47.3", 0),
            ("docker version", "Cannot connect to the Docker daemon", 1),
            ("compose version", "2.40.3\n", 0),
        ]
    )
    found = tool_versions(machine)
    assert {name: told for name, told in found.items() if "package" not in name} == {
        "system": f"{os.uname().sysname} {os.uname().release} {os.uname().machine}",
        "python": platform.python_version(),
        "git": "git version 2.47.3",
        "docker": "does not answer: Cannot connect to the Docker daemon",
        "compose": "2.40.3",
        "buildx": "no answer",
        "node": "node is not on this machine",
    }
    assert found["python package shiplane"] == __version__
