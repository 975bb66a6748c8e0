"""What every command of the development stack begins with."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shiplane.cli.text import show

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from shiplane.cli.app import App
    from shiplane.development.stack import Stack
    from shiplane.model import Command


def opened(app: App, say: Callable[[str], None] = show) -> Stack:
    """Give the stack of this checkout; raises `EngineMissing`."""
    from shiplane.development.stack import Stack  # noqa: PLC0415 - not needed for --list

    app.require_engine()
    return Stack(app.runner, app.checkout, app.config, say, app.masker)


def would(commands: Iterable[Command]) -> None:
    """Print what would run."""
    for command in commands:
        show(f"$ {command.masked()}")
