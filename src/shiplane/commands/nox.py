"""Nox sessions, as the pipeline's steps call them."""

from __future__ import annotations

import sys
from pathlib import Path

from shiplane.model import Command

RUN_VARIABLE = "SHIPLANE_RUN"


def session(name: str, *arguments: str, run: str = "") -> Command:
    """Call one session; within a run its images are built already, which the session is told by a variable."""
    rest = ("--", *arguments) if arguments else ()
    env = ((RUN_VARIABLE, run),) if run else ()
    return Command((_nox(), "-s", name, *rest), env=env)


def _nox() -> str:
    beside = Path(sys.executable).with_name("nox")
    return str(beside) if beside.exists() else "nox"
