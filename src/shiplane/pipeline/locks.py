"""Locks between processes of one checkout: they end with the process that holds them, however it ends."""

from __future__ import annotations

import fcntl
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


@contextmanager
def held(file: Path, waiting: Callable[[], None] | None = None) -> Iterator[None]:
    """Hold a lock file; while another process has it, say so by `waiting` and wait, or raise `BlockingIOError`."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("w") as stream:
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if waiting is None:
                raise
            waiting()
            fcntl.flock(stream, fcntl.LOCK_EX)
        yield
