"""`backups`: what is kept of an environment's database."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shiplane.cli.app import App
from shiplane.cli.command import command
from shiplane.cli.environment_tasks import look
from shiplane.cli.text import show, show_json

if TYPE_CHECKING:
    from invoke.context import Context


@command
def backups(_c: Context, env: str, target: str = "", json: bool = False) -> None:
    """List the backups of an environment's database, newest first."""
    found = look(App.here(), target, env, lambda deployer: deployer.backups())
    if json:
        show_json(found)
        return
    from shiplane.report.status_text import render_backups  # noqa: PLC0415 - not needed for --json

    show(render_backups(found))
