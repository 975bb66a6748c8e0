"""Temporary folders that are known by their process: what one that was killed left, the next one removes."""

from __future__ import annotations

import shutil
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from shiplane.runners import process

if TYPE_CHECKING:
    from collections.abc import Iterator

_BEGIN = "shiplane_"
_MOUNTS = Path("/proc/self/mountinfo")
_MOUNTED_AT = 4  # the field of a line that names the place


def make(purpose: str) -> Path:
    """Make a folder for this user alone; the caller removes it."""
    return Path(tempfile.mkdtemp(prefix=f"{_BEGIN}{process.own().mark}_{purpose}_"))


@contextmanager
def folder(purpose: str) -> Iterator[Path]:
    """Give a folder for this user alone that goes with the end of the block."""
    made = make(purpose)
    try:
        yield made
    finally:
        remove(made)


def remove(path: Path, mounts: Path = _MOUNTS) -> None:
    """Remove a folder, unless something is mounted in it: a program that was killed may have put the system's there."""
    if not _holds_mounts(path, mounts):
        shutil.rmtree(path, ignore_errors=True)


def remove_left() -> tuple[str, ...]:
    """Remove the folders of processes that have ended; give their marks."""
    found = {}
    for path in Path(tempfile.gettempdir()).glob(f"{_BEGIN}*_*_*"):
        mark = path.name.split("_")[1]
        if process.is_marked_gone(mark):
            found[mark] = True
            remove(path)
    return tuple(found)


def _holds_mounts(path: Path, mounts: Path) -> bool:
    try:
        places = [line.split()[_MOUNTED_AT] for line in mounts.read_text(encoding="utf-8").splitlines()]
    except (OSError, IndexError):
        return False
    return any(place.startswith(f"{path.resolve()}/") for place in places)
