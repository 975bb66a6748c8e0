"""Locks that somebody left behind, and who holds one."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING

from shiplane.deploy.lock import Holder
from shiplane.runners import process

if TYPE_CHECKING:
    from shiplane.deploy.lock import Lock


def left(lock: Lock, holder: Holder) -> None:
    """Leave the lock as one does who dies right after taking it."""
    lock._take(holder, wait=False)  # noqa: SLF001 - who holds it properly gives it back


def living(run: str) -> Holder:
    """Give a holder that lives: this very process."""
    number = os.getpid()
    return Holder(run, "me", "here", number, machine=process.machine(), started=process.started(number))


def dead(user: str) -> Holder:
    """Give a holder whose process on this machine has ended."""
    with subprocess.Popen(("sleep", "60")) as sleeper:
        since = process.started(sleeper.pid)
        sleeper.kill()
    return Holder("r0", user, "here", sleeper.pid, machine=process.machine(), started=since)
