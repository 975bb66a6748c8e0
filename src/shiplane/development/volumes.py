"""The data of the development stack: the volumes, and what they hold."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shiplane.commands import development as commands
from shiplane.development import cut_off, owner
from shiplane.errors import StepFailed

if TYPE_CHECKING:
    from shiplane.development.stack import Stack
    from shiplane.model import Command

_FIX = "see why: docker system df --verbose"


def names(stack: Stack) -> list[str]:
    """Name the project's volumes; raises `StepFailed`."""
    named = stack.runner.run(commands.volumes(stack.project))
    if not named.ok:
        raise StepFailed("the engine cannot tell its volumes", _FIX, named.tail())
    return named.stdout.split()


def removal() -> Command:
    """Give what removes them, and all that uses them."""
    return commands.down(volumes=True)


def remove(stack: Stack, failed: str) -> None:
    """Remove them; where that was not done it is said that `failed`. Raises `StepFailed`."""
    stack.do(removal(), failed, "see the lines above")
    cut_off.write(stack.checkout, cut_off.Note())
    owner.forget(stack)


def sizes(stack: Stack) -> dict[str, str]:
    """Give the size of each of the project's volumes, as the engine writes it; raises `StepFailed`."""
    mine = names(stack)
    if not mine:
        return {}
    told = stack.runner.run(commands.volume_sizes())
    if not told.ok:
        raise StepFailed("the engine cannot tell how much its volumes hold", _FIX, told.tail())
    known = dict(line.split("\t", 1) for line in told.stdout.splitlines() if "\t" in line)
    return {name: known.get(name, "-") for name in sorted(mine)}
