"""Closing an environment to people for a while, and opening it again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shiplane.cli.app import App
from shiplane.cli.command import command
from shiplane.cli.text import show

if TYPE_CHECKING:
    from invoke.context import Context


@command
def on(_c: Context, env: str, target: str = "", dry_run: bool = False) -> None:
    """Show people a page of maintenance; health checks and deploys go on."""
    _turn(env, target, on=True, dry_run=dry_run)


@command
def off(_c: Context, env: str, target: str = "", dry_run: bool = False) -> None:
    """Let people in again."""
    _turn(env, target, on=False, dry_run=dry_run)


def _turn(env: str, target: str, *, on: bool, dry_run: bool) -> None:
    from shiplane.cli.run import open_environments  # noqa: PLC0415 - not needed for --list
    from shiplane.deploy import maintenance  # noqa: PLC0415
    from shiplane.deploy.audit import Deed  # noqa: PLC0415
    from shiplane.pipeline.journal import timestamp  # noqa: PLC0415
    from shiplane.runners.base import Cancel  # noqa: PLC0415

    app, word = App.here(), "on" if on else "off"
    app.config.environment(env)
    environments = open_environments(app, app.target(target), "by hand")
    try:
        holder, site = environments.holder, environments.site(env)
        deed = Deed(f"maintenance.{word}", timestamp(), holder.who, holder.run, "")
        if dry_run:
            show(f"would turn the page of maintenance {word} at {site.url}")
            show(f"{env}$ {maintenance.command(site, deed, on=on).masked()}")
            return
        changed = maintenance.turn(environments.runner(env), site, deed, on=on)
        maintenance.check(environments.http, site, Cancel(), on=on)
    finally:
        environments.close()
    show(f"the page of maintenance is {word} at {site.url}" + ("" if changed else ", as it was"))
