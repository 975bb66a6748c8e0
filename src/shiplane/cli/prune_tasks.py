"""Keeping the registry small."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shiplane.cli.app import App
from shiplane.cli.command import command
from shiplane.cli.text import nowhere, show, show_json

if TYPE_CHECKING:
    from collections.abc import Callable

    from invoke.context import Context

    from shiplane.deploy.survey import State
    from shiplane.pipeline.pruning import Pruned
    from shiplane.pipeline.shelf import Shelf
    from shiplane.pipeline.target import Target

    Say = Callable[[str], None]


@command
def prune(_c: Context, target: str = "", dry_run: bool = False, yes: bool = False, json: bool = False) -> None:
    """Remove images and caches from the registry that no environment needs, by [tool.shiplane.prune]."""
    from shiplane.cli.asking import agrees  # noqa: PLC0415 - not needed for --list
    from shiplane.pipeline import pruning  # noqa: PLC0415
    from shiplane.report.prune_text import render_pruned  # noqa: PLC0415

    app = App.here()
    chosen = app.target(target)
    shelf = _shelf(app, chosen, nowhere if json else show)
    found = _survey(app, chosen, shelf, quiet=json)
    if json:
        show_json(found.to_json())
    else:
        show(render_pruned(found))
    if dry_run or not found.going:
        return
    if not yes:
        if not agrees(f"remove these from {chosen.naming().registry}?", json=json):
            return
        # While a person thought, a run may have published or deployed.
        found = pruning.agreed(found, _survey(app, chosen, shelf, quiet=json))
    pruning.carry_out(shelf, found, nowhere if json else show)
    if not json:
        show("the registry gives the room back when it next sweeps (registry garbage-collect)")


def _shelf(app: App, target: Target, say: Say) -> Shelf:
    from shiplane.facts.registry_api import RegistryApi  # noqa: PLC0415 - not needed for --list
    from shiplane.pipeline.registry_tries import Patience  # noqa: PLC0415
    from shiplane.pipeline.shelf import Shelf  # noqa: PLC0415

    http, login = app.world.http(), target.login() or target.own_login()
    return Shelf(RegistryApi(http, target.naming().registry, login), Patience(say, None, http))


def _survey(app: App, target: Target, shelf: Shelf, *, quiet: bool) -> Pruned:
    import time  # noqa: PLC0415 - not needed for --list

    from shiplane.pipeline import pruning  # noqa: PLC0415

    known = [release for name, release in app.store.releases() if name == target.name]
    live = pruning.live_branches(app.runner, nowhere if quiet else show)
    states = _environments(app, target)
    releases = [release for state in states.values() for release in state.releases.values()]
    digests = {digest for name, state in states.items() for digest in pruning.of_damaged(name, state)}
    return pruning.survey(shelf, target.naming(), app.config, releases, known, live, time.time(), digests)


def _environments(app: App, target: Target) -> dict[str, State]:
    """Ask every environment for what it keeps; where one does not answer, nothing may be removed."""
    from shiplane.cli.run import open_environments  # noqa: PLC0415 - not needed for --list
    from shiplane.runners.base import Cancel  # noqa: PLC0415

    environments, names = open_environments(app, target, "by hand"), [each.name for each in app.config.environments]
    try:
        return {name: environments.deployer(name, nowhere, Cancel()).survey() for name in names}
    finally:
        environments.close()
