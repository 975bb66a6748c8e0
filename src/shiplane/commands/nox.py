"""Nox sessions, as the pipeline's steps call them."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

from shiplane.model import Command

if TYPE_CHECKING:
    from collections.abc import Mapping

RUN_VARIABLE = "SHIPLANE_RUN"
_IMAGES = "SHIPLANE_IMAGES"
# Relative to the checkout, where bootstrap puts it: a plan reads the same on every machine.
_NOX = ".venv/bin/nox"


def session(name: str, *arguments: str, run: str = "") -> Command:
    """Call one session; within a run its images are built already, which the session is told by a variable."""
    rest = ("--", *arguments) if arguments else ()
    env = ((RUN_VARIABLE, run),) if run else ()
    return Command((_NOX, "-s", name, *rest), env=env)


def by_id(command: Command, ids: Mapping[str, str]) -> Command:
    """Tell a session of a run the ids of the images that the run made: another run may give their names to its own."""
    if not ids or RUN_VARIABLE not in dict(command.env):
        return command
    return replace(command, env=(*command.env, (_IMAGES, json.dumps(dict(ids), sort_keys=True))))


def told_ids(environ: Mapping[str, str]) -> dict[str, str]:
    """Give the ids that a session was told, by name; none outside of a run."""
    return dict(json.loads(environ.get(_IMAGES) or "{}")) if environ.get(RUN_VARIABLE) else {}
