"""What the configuration says of single steps: their time, and how often they may be tried."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from shiplane.model import Retry

if TYPE_CHECKING:
    from collections.abc import Iterable

    from shiplane.config import Config
    from shiplane.model import Step


def limited(steps: Iterable[Step], config: Config) -> tuple[Step, ...]:
    """Give the steps with their limits and retries."""
    known = {settings.name: settings for settings in config.steps}
    made = []
    for step in steps:
        told = known.get(step.id)
        if told is None:
            made.append(step)
            continue
        retry = Retry(told.tries, told.wait_seconds, told.reason) if told.tries > 1 else None
        made.append(replace(step, timeout_seconds=told.timeout_seconds, retry=retry))
    return tuple(made)
