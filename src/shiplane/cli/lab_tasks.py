"""The lab: a registry and stand-in servers on this machine."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shiplane.cli.app import App
from shiplane.cli.command import command
from shiplane.cli.text import show, show_json

if TYPE_CHECKING:
    from invoke.context import Context


@command
def up(_c: Context, dry_run: bool = False) -> None:
    """Start the lab: base images, registry, two servers; made where it is not there yet."""
    from shiplane.lab import lifecycle as lab  # noqa: PLC0415 - not needed for --list
    from shiplane.report.status_text import render_lab  # noqa: PLC0415

    app = App.here()
    app.require_engine()
    if dry_run:
        show("would start the registry and the servers of this checkout's lab, and make base images that are missing")
        return
    show(render_lab(lab.up(app.checkout, show).to_json()))


@command
def down(_c: Context, dry_run: bool = False) -> None:
    """Remove every trace of this checkout's lab, data included."""
    from shiplane.lab import lifecycle as lab  # noqa: PLC0415 - not needed for --list

    app = App.here()
    app.require_engine()
    if dry_run:
        show("would remove the containers, volumes, network, keys and pushed images of this checkout's lab")
        return
    lab.down(app.checkout)
    app.store.forget_lab()
    show("the lab is gone")


@command
def status(_c: Context, json: bool = False) -> None:
    """Show the lab's registry, servers and addresses."""
    from shiplane.lab import lifecycle as lab  # noqa: PLC0415 - not needed for --list

    app = App.here()
    app.require_engine()
    found = lab.status(app.checkout).to_json()
    if json:
        show_json(found)
        return
    from shiplane.report.status_text import render_lab  # noqa: PLC0415 - not needed for --json

    show(render_lab(found))
