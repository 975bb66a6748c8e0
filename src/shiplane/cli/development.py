"""What every command of the development stack begins with."""

from __future__ import annotations

from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from shiplane.cli.text import show

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from shiplane.cli.app import App
    from shiplane.development.stack import Stack
    from shiplane.model import Command


def opened(app: App, say: Callable[[str], None] = show) -> Stack:
    """Give the stack of this checkout; raises `EngineMissing`."""
    from shiplane.development.stack import Stack  # noqa: PLC0415 - not needed for --list
    from shiplane.runners.locks import user_place  # noqa: PLC0415

    app.require_engine()
    return Stack(app.runner, app.checkout, app.config, say, app.masker, user_place(app.environ, "development"))


@contextmanager
def alone(app: App, say: Callable[[str], None] = show) -> Iterator[None]:
    """Let no other command change this checkout's stack while the block runs; however it is ended, it cleans up."""
    from shiplane.cli.signals import terminable  # noqa: PLC0415 - not needed for --list
    from shiplane.runners.locks import held  # noqa: PLC0415

    def waiting() -> None:
        say("waiting for another command that changes the development stack")

    with terminable(), held(_lock(app), waiting):
        yield


def left_half(app: App) -> dict[str, str]:
    """Give the parts that a restore has left half changed, each with its backup; one that runs has left nothing yet."""
    from shiplane.development.cut_off import read  # noqa: PLC0415 - not needed for --list
    from shiplane.runners.locks import held  # noqa: PLC0415

    if read(app.checkout).parts:
        with suppress(BlockingIOError), held(_lock(app)):
            return read(app.checkout).parts
    return {}


def _lock(app: App) -> Path:
    return app.store.root / "locks" / "development"


def would(commands: Iterable[Command]) -> None:
    """Print what would run."""
    for command in commands:
        show(f"$ {command.masked()}")
