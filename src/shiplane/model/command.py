"""A command as a tuple of arguments, and the secrets that may travel with it."""

from __future__ import annotations

import shlex
from dataclasses import dataclass, field, replace


@dataclass(frozen=True, slots=True)
class Secret:
    """Hold a value that may only leave through an environment variable or standard input."""

    name: str
    value: str = field(repr=False)

    def __str__(self) -> str:
        return f"<{self.name}>"


@dataclass(frozen=True, slots=True)
class Command:
    """Describe one process: arguments never hold a secret, for every user can list processes.

    `env` adds variables, `stdin` is written whole, `timeout` is in seconds, `cwd` a folder on `host`.
    """

    argv: tuple[str, ...]
    env: tuple[tuple[str, str | Secret], ...] = ()
    stdin: str | Secret | None = field(default=None, repr=False)
    cwd: str | None = None
    host: str = "local"
    timeout: float | None = None

    def masked(self) -> str:
        """Render for people: secrets by name, the text on standard input left out."""
        words = [f"{name}={_shown(value)}" for name, value in self.env]
        words.append(shlex.join(self.argv))
        if isinstance(self.stdin, Secret):
            words.append(f"< {self.stdin}")
        elif self.stdin is not None:
            words.append(f"< ({len(self.stdin.encode())} bytes)")
        return " ".join(words)

    def environment(self) -> dict[str, str]:
        """Give the added variables with their real values."""
        return {name: _raw(value) for name, value in self.env}

    def input_text(self) -> str | None:
        """Give the real text for standard input."""
        return None if self.stdin is None else _raw(self.stdin)

    def secrets(self) -> tuple[Secret, ...]:
        """List the secrets that travel with this command, so that its output can be masked."""
        values = [value for _, value in self.env]
        values += [] if self.stdin is None else [self.stdin]
        return tuple(value for value in values if isinstance(value, Secret))

    def on(self, host: str) -> Command:
        """Say the same command for another host."""
        return replace(self, host=host)


def _shown(value: str | Secret) -> str:
    return str(value) if isinstance(value, Secret) else shlex.quote(value)


def _raw(value: str | Secret) -> str:
    return value.value if isinstance(value, Secret) else value
