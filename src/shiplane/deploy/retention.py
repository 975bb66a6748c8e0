"""What stays on a server after a deploy, so that one can go back to it, and what goes."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from shiplane.commands.compose import project
from shiplane.deploy import records

if TYPE_CHECKING:
    from shiplane.deploy.context import Context
    from shiplane.deploy.survey import Entry, State


def words(context: Context, after: State, entry: Entry) -> tuple[str, ...]:
    """Tell the script what to keep and what to remove, once the deployment is recorded."""
    now = replace(after, entries=(*after.entries, entry))
    release = entry.deployment.release
    gone = records.outdated(now, release, context.options.kept)
    backups = records.outdated_backups(now, gone, context.options.backup.kept)
    return (project(context.site), release, *gone, *backups)
