"""Finding the release that a command means."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shiplane.cli.text import show
from shiplane.errors import NothingPublished
from shiplane.facts.checkout import SHORT

if TYPE_CHECKING:
    from shiplane.cli.app import App
    from shiplane.model import Release
    from shiplane.pipeline.target import Target


def find(app: App, target: Target, name: str) -> Release:
    """Give the release of that name, or HEAD's; raises `NothingPublished` with the command that makes one."""
    wanted = [name] if name else [app.facts.suffix, app.facts.commit[:SHORT]]
    for one in wanted:
        found = app.store.release(target.name, one)
        if found is not None:
            if one != wanted[0]:
                show(f"the uncommitted edits here are not published: taking {one}, the release of HEAD")
            return found
    raise NothingPublished(wanted[0], target.name)
