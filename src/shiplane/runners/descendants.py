"""What the processes of a run leave behind: daemons that went to sessions of their own, and those of a killed run.

On Linux this process takes the place of the parent of each descendant whose own parent has ended, so that it knows all
of them. Elsewhere only process groups are ended, by the runner that started them.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

OWNER = "SHIPLANE_OWNER"
"""The variable by which processes are known whose run was killed: the mark of its process."""
_PROC = Path("/proc")
_BECOME_SUBREAPER = 36  # PR_SET_CHILD_SUBREAPER of prctl(2)
_LOOK_SECONDS = 0.02
_LEAST_SECONDS = 10.0


def adopt() -> frozenset[int]:
    """Become the parent of whatever descendants leave behind from now on; give the children so far."""
    if sys.platform == "linux":
        import ctypes  # noqa: PLC0415 - only runs pay for it

        ctypes.CDLL(None).prctl(_BECOME_SUBREAPER, 1, 0, 0, 0)
    return frozenset(_children())


def end_adopted(before: frozenset[int], patience: float = 2.0) -> list[str]:
    """End all children but those `before`, and what they leave in turn; give their names.

    They have `patience` seconds to end by themselves once they are asked to.
    """
    return _end(lambda: _children() - before, patience)


def end_marked(mark: str, patience: float = 30.0) -> list[str]:
    """End the processes of a run that was killed; give their names."""
    wanted = f"{OWNER}={mark}".encode()
    return _end(lambda: {pid for pid in _others() if wanted in _environment(pid)}, patience)


def _end(find: Callable[[], Iterable[int]], patience: float) -> list[str]:
    names: dict[int, str] = {}
    kindly = time.monotonic() + patience
    last = kindly + _LEAST_SECONDS
    while left := {pid for pid in find() if not _reap(pid)}:
        at = time.monotonic()
        if at > last:
            break
        for pid in left:
            if pid not in names or at > kindly:
                names.setdefault(pid, _name(pid))
                with suppress(ProcessLookupError, PermissionError):
                    os.kill(pid, signal.SIGKILL if at > kindly else signal.SIGTERM)
        time.sleep(_LOOK_SECONDS)
    return sorted(names.values())


def _reap(pid: int) -> bool:
    """Take notice of a child's end; tell whether it has ended."""
    try:
        return os.waitpid(pid, os.WNOHANG)[0] != 0
    except ChildProcessError:
        return not (_PROC / str(pid)).exists()


def _children() -> set[int]:
    """Give the processes whose parent is this one, by all of its threads."""
    found: set[int] = set()
    for file in _PROC.glob("self/task/*/children"):
        with suppress(OSError):
            found |= {int(pid) for pid in file.read_text(encoding="ascii").split()}
    return found


def _others() -> list[int]:
    return [int(path.name) for path in _PROC.glob("[0-9]*") if path.name != str(os.getpid())]


def _environment(pid: int) -> list[bytes]:
    try:
        return (_PROC / str(pid) / "environ").read_bytes().split(b"\0")
    except OSError:
        return []


def _name(pid: int) -> str:
    try:
        return (_PROC / str(pid) / "comm").read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return "a process"
