"""Processes of this machine: named so that one that is gone is known as gone, even when its number is given again."""

from __future__ import annotations

import hashlib
import os
import re
import signal
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

_PROC = Path("/proc")
# Counted from the field after the name, which stands in parentheses and may hold anything.
_GROUP, _STARTED = 2, 19
_DEAD = ("Z", "X")
_UNKNOWN = "0"
_MARK = re.compile(r"([0-9a-f]{8})-([0-9]+)-([0-9]+)")


class Own(NamedTuple):
    """Name a process by its number, its machine and its start."""

    pid: int
    machine: str
    started: str

    @property
    def mark(self) -> str:
        """Give a word for it that fits a file's name, by which `is_marked_gone` knows it."""
        return f"{_digest(self.machine)}-{self.pid}-{self.started or _UNKNOWN}"


def own() -> Own:
    """Name this very process."""
    return Own(os.getpid(), machine(), started(os.getpid()))


def machine(proc: Path = _PROC) -> str:
    """Name this boot of this machine, and what numbers its processes (containers number their own); "" if unknown."""
    try:
        boot = (proc / "sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
        return f"{boot}/{(proc / 'self/ns/pid').readlink()}"
    except OSError:
        return ""


def started(pid: int, proc: Path = _PROC) -> str:
    """Say when a process began, in the kernel's ticks; "" where there is none or it has ended."""
    fields = _fields(proc / str(pid))
    return fields[_STARTED] if fields else ""


def group_lives(group: int, proc: Path = _PROC) -> bool:
    """Tell whether a process of a group lives: one that ended, but that nobody has taken notice of, does not.

    Nobody does for long where this process adopts orphans, and never in containers whose first process is no init.
    """
    try:
        os.killpg(group, 0)
    except (ProcessLookupError, PermissionError):  # macOS forbids it where all have ended
        return False
    folders = [folder for folder in _listed(proc) if folder.name.isdecimal()]
    return not folders or any((fields := _fields(folder)) and fields[_GROUP] == str(group) for folder in folders)


def cores() -> int:
    """Give how many processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def is_gone(pid: int, where: str, since: str, proc: Path = _PROC) -> bool:
    """Tell whether a process surely does not live any more; one of another machine is never known to be gone."""
    return _is_here(where, since, proc) and started(pid, proc) != since


def lives(pid: int, where: str, since: str, proc: Path = _PROC) -> bool:
    """Tell whether a process surely lives; one of another machine is never known to."""
    return _is_here(where, since, proc) and started(pid, proc) == since


def is_marked_gone(mark: str, proc: Path = _PROC) -> bool:
    """Tell whether the process of a mark surely does not live any more."""
    known = _MARK.fullmatch(mark)
    here = machine(proc)
    if not (known and here) or known[1] != _digest(here) or known[3] == _UNKNOWN:
        return False
    return started(int(known[2]), proc) != known[3]


def terminate(pid: int) -> None:
    """Ask a process to end; one that has ended already is fine."""
    with suppress(ProcessLookupError, PermissionError):
        os.kill(pid, signal.SIGTERM)


def _listed(proc: Path) -> list[Path]:
    try:
        return list(proc.iterdir())
    except OSError:
        return []


def _fields(folder: Path) -> list[str]:
    """Read what the kernel tells of a process that lives; nothing of one that has ended."""
    try:
        fields = (folder / "stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
    except OSError:
        return []
    return [] if len(fields) <= _STARTED or fields[0] in _DEAD else fields


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:8]


def _is_here(where: str, since: str, proc: Path) -> bool:
    return bool(where and since) and where == machine(proc)
