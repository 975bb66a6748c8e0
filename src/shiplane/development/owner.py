"""Whose data a project's volumes hold: they do not tell, and two checkouts of one name have the same."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from shiplane.commands import development as commands
from shiplane.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from shiplane.development.rows import Row
    from shiplane.development.stack import Stack


def other(stack: Stack, rows: Sequence[Row]) -> Path | None:
    """Give the checkout, other than this one, that used the volumes last, if it is still there.

    `rows` are this checkout's containers: where there are some, so are the volumes.
    """
    note = None if rows else _note(stack)
    if note is None:
        return None
    with suppress(OSError, ValueError):
        found = Path(note.read_text(encoding="utf-8").strip())
        theirs = found.is_dir() and not found.samefile(stack.checkout)
        if theirs and stack.runner.run(commands.volumes(stack.project)).stdout.strip():
            return found
    return None


def refuse(stack: Stack, rows: Sequence[Row]) -> None:
    """Raise `UsageError` where what is to be removed or replaced are another checkout's data."""
    if found := other(stack, rows):
        raise UsageError(
            f"the data of the development stack {stack.project} are those of {found}",
            f"do it there, name this one in .env: {stack.another_name}, or make them this one's: invoke dev.up",
        )


def take(stack: Stack) -> None:
    """Note that this checkout uses the volumes, where there is a home that can be written."""
    if note := _note(stack):
        with suppress(OSError):
            note.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            note.write_text(f"{stack.checkout}\n", encoding="utf-8")


def forget(stack: Stack) -> None:
    """Note that there are no data any more."""
    if note := _note(stack):
        with suppress(OSError):
            note.unlink(missing_ok=True)


def _note(stack: Stack) -> Path | None:
    return stack.notes / stack.project if stack.notes else None
