"""Locks between processes of one checkout: they end with the process that holds them, however it ends."""

from __future__ import annotations

import fcntl
import os
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


@contextmanager
def marked(folder: Path) -> Iterator[None]:
    """Mark a folder that nobody else uses as in use; the mark goes with it where it is moved."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    finally:
        os.close(descriptor)


def is_marked(folder: Path) -> bool:
    """Tell whether a process that lives has marked a folder."""
    try:
        with marked(folder):
            return False
    except BlockingIOError:
        return True
    except FileNotFoundError:
        return False
