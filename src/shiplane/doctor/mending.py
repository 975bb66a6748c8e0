"""Doing what `--fix` may do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shiplane.doctor.finding import Chmod, LineEnds, Run
from shiplane.errors import StepFailed, UsageError

if TYPE_CHECKING:
    from pathlib import Path

    from shiplane.doctor.finding import Mend
    from shiplane.runners.base import Runner


def mend(runner: Runner, checkout: Path, what: Mend) -> None:
    """Do it; raises `UsageError` where a file cannot be changed, and `StepFailed` where a command fails."""
    if isinstance(what, Run):
        done = runner.run(what.command)
        if not done.ok:
            raise StepFailed(f"{what} failed", "see the lines below", done.tail())
        return
    try:
        _change(checkout / what.file, what)
    except OSError as error:
        raise UsageError(
            f"{what.file} cannot be changed: {error.strerror}", f"see its owner: ls -l {what.file}"
        ) from error


def _change(path: Path, what: Chmod | LineEnds) -> None:
    if isinstance(what, Chmod):
        path.chmod(what.mode)
    else:
        path.write_bytes(path.read_bytes().replace(b"\r\n", b"\n"))
