"""Which stages an event leads to."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from shiplane.config import Config
    from shiplane.model import Event

_CHECKED = ("build", "test")
_DELIVERED = ("build", "test", "publish", "staging", "e2e")


def stages_for(event: Event, config: Config) -> tuple[tuple[str, ...], str]:
    """Give the stages' names and why: a pull request is checked, a branch of staging delivered, main released."""
    if event.name == "pull_request":
        return _CHECKED, "a pull request is built and tested, never deployed"
    if event.branch == config.main_branch:
        return (*_DELIVERED, "production"), f"{config.main_branch} goes to production"
    patterns = config.environment("staging").branches
    if any(fnmatchcase(event.branch, pattern) for pattern in patterns):
        return _DELIVERED, f"{event.branch} goes to staging"
    return (), f"branch {event.branch} is none of {', '.join(patterns)}: nothing to do"
