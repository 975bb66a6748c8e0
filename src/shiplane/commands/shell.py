"""Shell text of commands, the one place where it is made; it may hold secrets."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from shiplane.model import Command


def shell_text(command: Command) -> str:
    """Make lines that end in the command itself, which reads standard input only where it has one."""
    source = "" if command.stdin is not None else " </dev/null"
    return "\n".join([*_surroundings(command), f"exec {shlex.join(command.argv)}{source}"])


def shell_function(name: str, commands: tuple[Command, ...]) -> str:
    """Make a function that runs the commands one after the other and ends at the first that fails.

    Each starts in the home folder in a subshell of its own, says by `@@ NAME NUMBER` that it begins, and is named above
    as people see it.
    """
    lines = [f"{name}() {{"]
    for number, command in enumerate(commands):
        lines += [f"# {line}" for line in command.masked().splitlines()]
        lines += [f"echo '@@ {name} {number}'", "(", "cd", *_surroundings(command), _with_input(command), ") || return"]
    return "\n".join([*lines, ":", "}"])


def _surroundings(command: Command) -> list[str]:
    lines = [f"export {name}={shlex.quote(value)}" for name, value in command.environment().items()]
    if command.cwd:
        lines.append(f"cd -- {shlex.quote(command.cwd)} || exit 125")
    return lines


def _with_input(command: Command) -> str:
    text = command.input_text()
    if text is None:
        return f"exec {shlex.join(command.argv)} </dev/null"
    # A word that no line of the text is.
    end = "SHIPLANE-END"
    while end in text:
        end += "-"
    return f"exec {shlex.join(command.argv)} <<'{end}'\n{text}\n{end}"
