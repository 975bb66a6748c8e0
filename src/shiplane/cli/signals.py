"""Ending a command from outside as cleanly as from the keyboard."""

from __future__ import annotations

import signal
from contextlib import contextmanager
from typing import TYPE_CHECKING

from shiplane.pipeline.interrupts import deferred

if TYPE_CHECKING:
    from collections.abc import Iterator

_FROM_OUTSIDE = (signal.SIGTERM, signal.SIGHUP)


@contextmanager
def terminable() -> Iterator[None]:
    """Treat SIGTERM and the terminal's end as Ctrl-C while the block runs: all end it with its clean-up."""
    with deferred(_interrupt, _FROM_OUTSIDE):
        yield


def _interrupt(_number: int) -> None:
    raise KeyboardInterrupt
