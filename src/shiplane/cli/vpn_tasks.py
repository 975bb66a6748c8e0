"""`vpn.leave`: for where what joined the VPN was killed before it could leave."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shiplane.cli.app import App
from shiplane.cli.command import command
from shiplane.cli.text import show

if TYPE_CHECKING:
    from invoke.context import Context


@command
def leave(_c: Context, dry_run: bool = False) -> None:
    """Leave the VPN where a run joined it and was killed; a machine that is in it by itself stays in it."""
    from shiplane.commands import vpn  # noqa: PLC0415 - not needed for --list
    from shiplane.pipeline import tunnel  # noqa: PLC0415

    app = App.here()
    name = tunnel.left_behind(app.runner, _environments(app))
    if not name:
        show("no run has left this machine in a VPN")
    elif dry_run:
        show(f"would leave the VPN, where this machine is {name}\n$ {vpn.logout().masked()}")
    else:
        tunnel.leave(app.runner)
        show(f"left the VPN, where this machine was {name}")


def _environments(app: App) -> list[str]:
    """Name those that are behind a VPN which this machine can join."""
    from shiplane.facts.machine import has_program  # noqa: PLC0415 - not needed for --list

    provider = app.config.vpn.provider
    is_there = provider != "none" and has_program(provider, app.environ)
    return [environment.name for environment in app.config.environments if is_there]
