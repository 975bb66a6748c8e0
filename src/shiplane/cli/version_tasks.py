"""Versions of the components."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shiplane.cli.app import App
from shiplane.cli.command import command
from shiplane.cli.text import show, show_json

if TYPE_CHECKING:
    from invoke.context import Context


@command
def show_versions(_c: Context, json: bool = False) -> None:
    """Show each component's version and the file that holds it."""
    app = App.here()
    files = {component.name: component.version_file for component in app.config.components}
    found = {facts.name: {"version": facts.version, "file": files[facts.name]} for facts in app.facts.components}
    if json:
        show_json(found)
        return
    from shiplane.report.status_text import render_versions  # noqa: PLC0415 - not needed for --json

    show(render_versions(found))
