from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from shiplane.doctor import Chmod, LineEnds, Run
from shiplane.doctor.mending import mend
from shiplane.errors import StepFailed, UsageError
from shiplane.model import Command
from shiplane.runners.recording import RecordingRunner

if TYPE_CHECKING:
    from pathlib import Path

RUNNER = RecordingRunner([("false", "no", 1)])


def test_a_mode(tmp_path: Path) -> None:
    key = tmp_path / "key"
    key.touch(0o644)
    mend(RUNNER, tmp_path, Chmod("key", 0o600))
    assert key.stat().st_mode & 0o777 == 0o600


def test_line_ends_and_nothing_else(tmp_path: Path) -> None:
    script = tmp_path / "run"
    script.write_bytes("#!/bin/sh\r\nprintf 'ü\r'\n".encode())
    script.chmod(0o750)
    mend(RUNNER, tmp_path, LineEnds("run"))
    assert script.read_bytes() == "#!/bin/sh\nprintf 'ü\r'\n".encode()
    assert script.stat().st_mode & 0o777 == 0o750


def test_a_command(tmp_path: Path) -> None:
    mend(RUNNER, tmp_path, Run(Command(("invoke", "unlock"))))
    assert RUNNER.transcript[-1] == "local$ invoke unlock"
    with pytest.raises(StepFailed, match="false failed"):
        mend(RUNNER, tmp_path, Run(Command(("false",))))


def test_a_file_that_is_gone(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="gone cannot be changed: No such file"):
        mend(RUNNER, tmp_path, LineEnds("gone"))
