"""A phase on a server as a job that outlives the connection of its caller."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from shiplane.commands import remote
from shiplane.commands.shell import shell_function

if TYPE_CHECKING:
    from shiplane.model import Command

_SHORTEST_UNDO = 180.0
UNDONE = 6
BROKEN = 7
LOCK_LOST = 5
TIME_OVER = 124
NEVER_BEGUN = 44
MARK = "@@ "
"""Begins what a job says of itself: which command of which group begins, or what it waits for."""
EVIDENCE = ("container\t", "log\t")
"""Begins what a job says of a failure, which is for machines."""
_GRACE_SECONDS = 30.0
_LONGEST_UNDO = 900.0


@dataclass(frozen=True, slots=True)
class Job:
    """Describe what a job runs: the commands, `undo` where they fail, `evidence` before that, `always` in the end.

    `beat` runs every five seconds; where it fails the lock is lost, and the job ends without an undo. `id` is its
    own, `title` is for people, `seconds` limits the commands.
    """

    id: str
    title: str
    seconds: float
    commands: tuple[Command, ...]
    undo: tuple[Command, ...] = ()
    evidence: tuple[Command, ...] = ()
    always: tuple[Command, ...] = ()
    beat: tuple[Command, ...] = ()

    @property
    def longest(self) -> float:
        """Give the seconds after which it has surely ended."""
        return self.seconds + self.undo_seconds + _GRACE_SECONDS

    @property
    def undo_seconds(self) -> float:
        """Give how long it may take to undo what failed: an undo does what was done, the other way."""
        return max(self.seconds, _SHORTEST_UNDO) if self.undo else _SHORTEST_UNDO


def start(folder: str, job: Job) -> Command:
    """Start a job and follow it to its end; its text may hold secrets, which no list of processes shows."""
    text = _text(job)
    limits = (f"{job.seconds:.0f}", f"{job.undo_seconds:.0f}", str(len(text.encode())))
    return remote.script("job", "start", folder, job.id, job.title, *limits, payload=text, timeout=job.longest)


def follow(folder: str, job: Job) -> Command:
    """Follow a job again, from its first line on."""
    return remote.script("job", "follow", folder, job.id, timeout=job.longest)


def stop(folder: str, job: Job) -> Command:
    """Ask a job to end, and follow its undo."""
    return remote.script("job", "stop", folder, job.id, timeout=job.undo_seconds + _GRACE_SECONDS)


def end(folder: str) -> Command:
    """Ask whichever job runs to end, and follow its undo; nobody here knows how long that may take."""
    return remote.script("job", "end", folder, timeout=_LONGEST_UNDO + _GRACE_SECONDS)


def _text(job: Job) -> str:
    """Give the text that the server runs: the caller's functions, then what supervises them."""
    groups = [("commands", job.commands), ("evidence", job.evidence), ("always", job.always), ("beat", job.beat)]
    groups += [("undo", job.undo)] if job.undo else []
    functions = [shell_function(name, commands) for name, commands in groups]
    return "\n".join([*functions, remote.text("supervise", named=False)])
