"""Locks between processes of one user: they end with the process that holds them, however it ends."""

from __future__ import annotations

import fcntl
import os
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping


def user_place(environ: Mapping[str, str], name: str) -> Path | None:
    """Say where the folder of all checkouts of a user is, whether it is there or not; none where they have no home."""
    home = environ.get("XDG_STATE_HOME") or (f"{environ['HOME']}/.local/state" if environ.get("HOME") else "")
    return Path(home) / "shiplane" / name if home else None


def user_folder(environ: Mapping[str, str], name: str) -> Path | None:
    """Give a folder where all checkouts of a user meet; none where they have no home that can be written."""
    folder = user_place(environ, name)
    if folder is None:
        return None
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError:
        return None
    return folder if os.access(folder, os.W_OK) else None


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
def held_in_turn(file: Path, waiting: Callable[[], None], pause: Callable[[], None]) -> Iterator[None]:
    """Hold a lock file; while another process has it, `pause` between two tries: what it raises ends the wait."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("w") as stream:
        if not _taken(stream.fileno()):
            waiting()
            while not _taken(stream.fileno()):
                pause()
        yield


def _taken(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


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
