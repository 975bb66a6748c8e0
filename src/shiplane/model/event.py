"""What started a run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

EventName = Literal["push", "pull_request", "manual"]
EVENT_NAMES: tuple[EventName, ...] = ("push", "pull_request", "manual")


@dataclass(frozen=True, slots=True)
class Event:
    """Name what happened, on which branch, at which commit (40 hex digits)."""

    name: EventName
    branch: str
    commit: str
