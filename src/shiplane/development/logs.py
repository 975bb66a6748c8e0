"""The logs of the development stack, by the same script and reader as those of an environment."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shiplane.deploy.logs import Reader
from shiplane.errors import NotRunning, Unreachable

if TYPE_CHECKING:
    from collections.abc import Callable

    from shiplane.deploy.logs import Line, Query
    from shiplane.development.stack import Stack


def read(stack: Stack, query: Query, show: Callable[[Line], None]) -> None:
    """Show the lines that are asked for; with `follow` until the caller ends it. Raises `Unreachable` at a loss."""
    command = query.of_project(stack.project)
    reader = Reader(NotRunning(), query, show, stack.masker)
    done = stack.runner.run(command, on_line=reader.take)
    if not done.ok or query.follow:
        cause = "the logs of the development stack ended: the container engine does not answer any more"
        raise Unreachable(cause, "check it: docker ps, then run the same command again")
