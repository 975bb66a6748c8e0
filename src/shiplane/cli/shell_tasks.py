"""What makes a newcomer's machine and shell ready."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shiplane.cli.app import App
from shiplane.cli.command import command
from shiplane.cli.text import show

if TYPE_CHECKING:
    from invoke.context import Context


@command
def onboard(_c: Context, start: bool = True, dry_run: bool = False) -> None:
    """Doctor, .env, the development stack, the first tests: what ./scripts/onboard does after bootstrap."""
    from shiplane.cli import onboarding  # noqa: PLC0415 - not needed for --list

    app = App.here()
    if dry_run:
        show("\n".join(onboarding.plan(app, start=start)))
        return
    onboarding.run(app, show, start=start)


@command
def completion(_c: Context, shell: str = "") -> None:
    """Print what lets a shell complete tasks, options, environments and releases by Tab."""
    import os  # noqa: PLC0415 - not needed for --list
    from pathlib import PurePath  # noqa: PLC0415

    from shiplane.cli.completions import script  # noqa: PLC0415

    show(script(shell or PurePath(os.environ.get("SHELL", "bash")).name).rstrip())
