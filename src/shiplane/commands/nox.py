"""Nox sessions, as the pipeline's steps call them."""

from __future__ import annotations

from shiplane.model import Command

RUN_VARIABLE = "SHIPLANE_RUN"
# Relative to the checkout, where bootstrap puts it: a plan reads the same on every machine.
_NOX = ".venv/bin/nox"


def session(name: str, *arguments: str, run: str = "") -> Command:
    """Call one session; within a run its images are built already, which the session is told by a variable."""
    rest = ("--", *arguments) if arguments else ()
    env = ((RUN_VARIABLE, run),) if run else ()
    return Command((_NOX, "-s", name, *rest), env=env)
