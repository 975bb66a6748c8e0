"""How a step or a stage ended."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Status = Literal["pending", "running", "passed", "failed", "skipped", "cancelled"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """Record an end: duration in seconds, exit code of the failure, cause, fix and its last lines (masked)."""

    status: Status
    seconds: float = 0.0
    exit_code: int = 0
    cause: str = ""
    fix: str = ""
    details: tuple[str, ...] = ()
