"""How a step or a stage ended."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Status = Literal["pending", "running", "passed", "failed", "skipped", "cancelled"]


How = Literal["ran", "reused", "not needed"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """Record an end: duration in seconds, exit code of the failure, cause, fix and its last lines (masked).

    `how` a step passed: it ran, or the result of the run named `reused_from` counts, or nothing needed it. Where it
    did not run, `cause` says why. `tries` counts how often it ran.
    """

    status: Status
    seconds: float = 0.0
    exit_code: int = 0
    cause: str = ""
    fix: str = ""
    details: tuple[str, ...] = ()
    how: How = "ran"
    reused_from: str = ""
    tries: int = 1
    page: str = ""
    """The section of the documentation that says more of the failure."""
