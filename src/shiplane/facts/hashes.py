"""What a file holds, as git writes it; what was read once is not read again while the file stays as it was."""

from __future__ import annotations

import hashlib
import os
import time
from stat import S_ISDIR, S_ISLNK, S_IXUSR
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping
    from pathlib import Path

UNKNOWN = "unknown"
"""Stands for content that cannot be told, such as a repository within this one: it equals nothing."""
SHA1_LENGTH = 40
_LINK, _PROGRAM, _PLAIN = "120000", "100755", "100644"
_MODE = len(f"{_PLAIN} ")
_STAMPS = 5
# A file that changes twice within the time that its file system tells apart looks as it did after the first change: as
# git does, what is so young is read again the next time.
_YOUNG_NS = 2_000_000_000


class Hashes:
    """Tell mode and content hash of files below a folder (`100644 <hash>`), each read once.

    A link is what it names, as git has it; behind those of `followed` is looked. `known` holds what was read by an
    earlier process (see `kept`): by name mode, size, times of change in nanoseconds, inode, and what was found.
    """

    def __init__(
        self,
        folder: Path,
        known: Mapping[str, Any] | None = None,
        clock: Callable[[], int] = time.time_ns,
        followed: Collection[str] = (),
    ) -> None:
        self._root = f"{folder}/"
        self._known = {name: row for name, row in (known or {}).items() if _is_whole(row)}
        self._seen: set[str] = set()
        self._clock = clock
        self._followed = followed
        self.news = False
        """Whether something was read that `known` did not hold."""

    def entry(self, name: str, length: int = SHA1_LENGTH) -> str:
        """Give mode and hash of a file as git would write them; empty where there is none, else `UNKNOWN`.

        `length` is that of the repository's hashes, in hex digits.
        """
        path = self._root + name
        try:
            found = os.stat(path) if name in self._followed else os.lstat(path)  # noqa: PTH116 - see below
            stamps = [found.st_mode, found.st_size, found.st_mtime_ns, found.st_ctime_ns, found.st_ino]
            known = self._known.get(name)
            self._seen.add(name)
            if known and known[:_STAMPS] == stamps and len(known[_STAMPS]) == _MODE + length:
                return str(known[_STAMPS])
            now = self._clock()
            told = _read(path, found.st_mode, length)
        except FileNotFoundError:
            return ""
        except OSError:
            return UNKNOWN
        self._remember(name, [*stamps, told], now)
        return told

    def _remember(self, name: str, row: list[Any], now: int) -> None:
        _, _, modified, changed, _, told = row
        if told == UNKNOWN or max(modified, changed) + _YOUNG_NS > now:
            self._known.pop(name, None)
            return
        self._known[name], self.news = row, True

    def kept(self) -> dict[str, list[Any]]:
        """Give what a later process may know: of the files that were asked for here."""
        return {name: self._known[name] for name in sorted(self._seen) if name in self._known}


def _is_whole(row: Any) -> bool:  # noqa: ANN401 - JSON
    return isinstance(row, list) and len(row) == _STAMPS + 1 and isinstance(row[_STAMPS], str)


def _read(path: str, mode: int, length: int) -> str:
    if S_ISDIR(mode):
        return UNKNOWN
    if S_ISLNK(mode):
        return f"{_LINK} {_hash(os.fsencode(os.readlink(path)), length)}"  # noqa: PTH115 - see below
    with open(path, "rb") as file:  # noqa: PTH123 - there may be fifty thousand: a Path costs more than the look
        content = file.read()
    return f"{_PROGRAM if mode & S_IXUSR else _PLAIN} {_hash(content, length)}"


def _hash(content: bytes, length: int) -> str:
    """Hash as git does: its name for content, not a defence."""
    kind = hashlib.sha1 if length == SHA1_LENGTH else hashlib.sha256
    return kind(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()
