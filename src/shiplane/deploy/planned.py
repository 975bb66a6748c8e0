"""What a plan shows of a deploy, a rollback and their undo: the phases as they will run, with no server or secret."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from shiplane.deploy import hooks, phases, release_phase, restore

if TYPE_CHECKING:
    from shiplane.commands.login import RegistryLogin
    from shiplane.deploy.phases import Options, Phase, Rollout
    from shiplane.model import Site


def deploy(
    site: Site, release_id: str, options: Options, login: RegistryLogin | None, rollout: Rollout = phases.rolling
) -> tuple[Phase, ...]:
    """Give the phases of a deploy as it will run them, for a plan: no secret is needed."""
    first = (phases.bring(site, release_id, ""), phases.pull(site, release_id, login))
    before, after = _hooks(site, release_id, options)
    migrate = release_phase.planned(site, release_id, options)
    return (*first, *before, *migrate, _switch(site, release_id, options, rollout), *after)


def rollback(  # noqa: PLR0913 - as `deploy`, and the database
    site: Site,
    release_id: str,
    options: Options,
    login: RegistryLogin | None,
    rollout: Rollout = phases.rolling,
    *,
    restore_database: bool = False,
) -> tuple[Phase, ...]:
    """Give the phases of a rollback: the release's files are on the server, its migrations ran long ago."""
    found = phases.describe(site, release_id), phases.pull(site, release_id, login)
    before, after = _hooks(site, release_id, options)
    switch = _switch(site, release_id, options, rollout)
    if not restore_database:
        return (*found, *before, switch, *after)
    change = restore.planned(site, options, release_id)
    load, finish = restore.load(site, options, change.backup), restore.finish(site, options)
    switch = change.lead(switch)
    switch = replace(switch, commands=(*switch.commands, *restore.reopen(site, options)))
    return (*found, *before, load, switch, *after, finish)


def undo(
    site: Site,
    before: str | None,
    options: Options,
    rollout: Rollout = phases.rolling,
    *,
    restore_database: bool = False,
) -> tuple[Phase, ...]:
    """Give the phases that take a failed deploy back; `before` names the release that serves, None a first deploy."""
    told = hooks.planned(site, "RELEASE", options, hooks.ON_FAILURE)
    if before is None:
        return (phases.cleaning("remove what was started", phases.clear(site, None, ())), *told)
    switch = _switch(site, before, options, rollout)
    if restore_database:
        back, reopen = restore.planned(site, options, before).back, restore.reopen(site, options)
        switch = replace(switch, commands=(*back, *switch.commands, *reopen))
    return (switch, *told)


def _hooks(site: Site, release_id: str, options: Options) -> tuple[tuple[Phase, ...], tuple[Phase, ...]]:
    made = (hooks.planned(site, release_id, options, when) for when in (hooks.PRE_DEPLOY, hooks.POST_DEPLOY))
    return next(made), next(made)


def _switch(site: Site, release_id: str, options: Options, rollout: Rollout) -> Phase:
    return phases.switch(site, release_id, options, rollout, (phases.DECIDED_THERE,))
