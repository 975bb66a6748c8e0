"""Finding the release that a command means."""

from __future__ import annotations

import re
from contextlib import suppress
from typing import TYPE_CHECKING

from shiplane.cli.text import nowhere, show
from shiplane.errors import NothingPublished, UsageError
from shiplane.facts.checkout import SHORT

if TYPE_CHECKING:
    from shiplane.cli.app import App
    from shiplane.model import Release
    from shiplane.pipeline.target import Target


_COMMIT = re.compile(r"[0-9a-f]{40}")


def find(app: App, target: Target, name: str) -> Release:
    """Give the release of that name or commit, or HEAD's; raises `NothingPublished` with the command that makes one.

    One that was published elsewhere is asked for on the servers, which keep the latest.
    """
    name = name[:SHORT] if _COMMIT.fullmatch(name) else name
    wanted = [name] if name else [app.facts.suffix, app.facts.commit[:SHORT]]
    for one in wanted:
        found = app.store.release(target.name, one)
        if found is not None:
            if one != wanted[0]:
                show(f"the uncommitted edits here are not published: taking {one}, the release of HEAD")
            return found
    kept = _kept(app, target, name) if name else None
    if kept is None:
        raise NothingPublished(wanted[0], target.name)
    return kept


def _kept(app: App, target: Target, name: str) -> Release | None:
    """Ask the environments that can be reached with what is set here."""
    from shiplane.cli.run import open_environments  # noqa: PLC0415 - seldom asked
    from shiplane.runners.base import Cancel  # noqa: PLC0415

    environments = open_environments(app, target, "look")
    try:
        for environment in app.config.environments:
            with suppress(UsageError):  # not set here, or the lab is down
                found = environments.deployer(environment.name, nowhere, Cancel()).survey().releases.get(name)
                if found is not None:
                    return found
    finally:
        environments.close()
    return None
