"""The beginning and the end of a log file, however long it is."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_KILO = 1000


@dataclass(frozen=True, slots=True)
class Excerpt:
    """Hold whole lines of a file; `left_out` counts the bytes between head and tail."""

    head: tuple[str, ...] = ()
    left_out: int = 0
    tail: tuple[str, ...] = ()

    @property
    def lines(self) -> Iterator[str]:
        """Give all lines, the gap said in one."""
        yield from self.head
        if self.left_out:
            yield f"… {size_text(self.left_out)} left out …"
        yield from self.tail


def read_excerpt(file: Path, head: int, tail: int) -> Excerpt:
    """Read at most so many bytes of the beginning and of the end; empty where there is no such file."""
    try:
        with file.open("rb") as log:
            size = os.fstat(log.fileno()).st_size
            if size <= head + tail:
                return Excerpt(_lines(log.read(head + tail)))
            first = log.read(head)
            first = first[: first.rfind(b"\n") + 1] or first
            log.seek(size - tail)
            last = log.read(tail)
    except OSError:
        return Excerpt()
    last = last[last.find(b"\n") + 1 :] or last
    return Excerpt(_lines(first), size - len(first) - len(last), _lines(last))


def size_text(size: float) -> str:
    """Write a number of bytes: `12 bytes`, `4.1 kB`, `97.5 MB`."""
    if size < _KILO:
        return f"{size:.0f} bytes"
    for unit in ("kB", "MB"):
        size /= _KILO
        if size < _KILO:
            return f"{size:.1f} {unit}"
    return f"{size / _KILO:.1f} GB"


def _lines(data: bytes) -> tuple[str, ...]:
    text = data.decode(errors="replace")
    return tuple(line.rstrip("\r") for line in text.removesuffix("\n").split("\n")) if text else ()
