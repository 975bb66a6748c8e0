"""Versions of the components."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shiplane.cli.app import App
from shiplane.cli.command import command
from shiplane.cli.text import nowhere, show, show_json

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


@command
def bump_version(
    _c: Context,
    component: str,
    part: str,
    target: str = "",
    commit: bool = True,
    dry_run: bool = False,
    json: bool = False,
) -> None:
    """Raise a version (`backend minor`, `all 2.0.0`): its files, the changelog from commits, a commit, a tag."""
    from shiplane.cli import bumping  # noqa: PLC0415 - not needed for --list
    from shiplane.report.version_text import render_raise  # noqa: PLC0415

    app = App.here()
    raised = bumping.plan(app, component, part)
    bumping.refuse(app, raised, target, nowhere if json else show)
    orders = (*raised.recording, *raised.tagging) if commit else ()
    if not dry_run:
        bumping.carry_out(app, raised, commit=commit)
    if json:
        show_json({b.component: {"before": b.before, "after": b.after, "tag": b.tag} for b in raised.bumps})
        return
    show(render_raise(raised.bumps, list(raised.files), [order.masked() for order in orders], done=not dry_run))
