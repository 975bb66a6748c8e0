"""What stays on a server after a deploy, so that one can go back to it, and what goes."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from shiplane.commands import remote
from shiplane.commands.compose import project
from shiplane.deploy import records
from shiplane.errors import Unreachable

if TYPE_CHECKING:
    from shiplane.deploy.context import Context
    from shiplane.deploy.phases import Options
    from shiplane.deploy.survey import Entry, State
    from shiplane.model import Command, Site
    from shiplane.runners.base import Runner

_SECONDS = 300.0


def words(context: Context, after: State, entry: Entry) -> tuple[str, ...]:
    """Tell the script what to keep and what to remove, once the deployment is recorded."""
    now = replace(after, entries=(*after.entries, entry))
    release = entry.deployment.release
    return (project(context.site), release, *outdated(now, release, context.options))


def outdated(state: State, release: str, options: Options) -> tuple[str, ...]:
    """Name the releases and `backup:…` that nothing needs while `release` serves."""
    gone = records.outdated(state, release, options.kept)
    return (*gone, *records.outdated_backups(state, gone, options.backup.kept))


def command(site: Site, state: State, options: Options) -> Command | None:
    """Give what removes all that nothing needs, without a deploy; None where nothing serves, and so nothing is known.

    It is the script that ends each deploy.
    """
    release = state.current
    if release is None:
        return None
    named = (project(site), release, *outdated(state, release, options))
    return remote.script("retain", site.folder, *named, timeout=_SECONDS).on(site.host.name)


def prune(runner: Runner, site: Site, made: Command) -> tuple[str, ...]:
    """Remove what nothing needs; give what could not be removed. The caller holds the environment's lock."""
    done = runner.run(made)
    if not done.ok:
        raise Unreachable(
            f"{site.host.name} could not be tidied", f"look at ~/{site.folder} and the disk there: df -h", done.tail()
        )
    return tuple(done.stdout.splitlines())
