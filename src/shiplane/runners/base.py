"""What every runner promises, and the token by which a run is cancelled."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from shiplane.errors import ShiplaneError
    from shiplane.model import Command, Secret

MASK = "***"
_SHORTEST_MASKED = 4
_SHORTEST_LINE = 8
_SHORTEST_INNER = 6


@dataclass(frozen=True, slots=True)
class Completed:
    """Hold the end of a process: `output` for people, both streams as they came, masked; `stdout` for parsing.

    `stdout` is never masked, for a secret may be part of what is parsed (a password `backend` of the name of a
    service): do not show it. Both end without a newline; `seconds` is the time it took.
    """

    exit_code: int
    stdout: str
    output: str
    seconds: float

    @property
    def ok(self) -> bool:
        """Tell whether the process ended with 0."""
        return self.exit_code == 0

    def tail(self, lines: int = 30) -> tuple[str, ...]:
        """Give the last lines of the output."""
        return tuple(self.output.splitlines()[-lines:])


class Cancel:
    """Carry one decision to stop, with its reason, to everything that is under way."""

    def __init__(self) -> None:
        self._event = threading.Event()
        self.error: ShiplaneError | None = None
        self._at_once = False
        self.killed = False
        """Whether a process was killed, so that what it would have cleaned up may be left."""

    def set(self, error: ShiplaneError, *, at_once: bool = False) -> None:
        """Ask everything to stop; the first reason is kept, and a second call can only be more urgent."""
        self.error = self.error or error
        self._at_once = self._at_once or at_once
        self._event.set()

    @property
    def at_once(self) -> bool:
        """Tell whether processes are to be killed without time to clean up."""
        return self._at_once

    def is_set(self) -> bool:
        """Tell whether to stop."""
        return self._event.is_set()

    def sleep(self, seconds: float) -> None:
        """Wait, and raise the reason as soon as the run is cancelled."""
        if self._event.wait(seconds):
            self.check()

    def check(self) -> None:
        """Raise the reason where the run is cancelled."""
        if self._event.is_set() and self.error is not None:
            raise self.error


class Runner(Protocol):
    """Run commands somewhere."""

    def run(
        self,
        command: Command,
        *,
        on_line: Callable[[str], None] | None = None,
        cancel: Cancel | None = None,
    ) -> Completed:
        """Run to the end and give what came out, whatever the exit code.

        `on_line` sees each line, masked, as it comes. A cancel or the command's timeout ends the process
        with all its children and raises the cancel's error or `TimeLimit`.
        """


class Attaching(Runner, Protocol):
    """Run commands that a person or a pipe talks to."""

    def attach(self, command: Command, *, terminal: bool) -> int:
        """Run a command with this process's standard input and outputs, byte for byte, and give its exit code.

        `terminal` gives it a terminal of its own behind ours. Nothing of it is masked, kept or limited in time.
        """


class Local(Attaching, Protocol):
    """Run commands on this machine."""

    environ: dict[str, str]
    """What processes find in their environment, beside what a command adds."""


class Bound:
    """Run commands through another runner, each ended when one cancel asks for it."""

    def __init__(self, runner: Runner, cancel: Cancel) -> None:
        self.runner = runner
        self.cancel = cancel

    def run(
        self,
        command: Command,
        *,
        on_line: Callable[[str], None] | None = None,
        cancel: Cancel | None = None,
    ) -> Completed:
        """Run to the end; see `Runner.run`."""
        return self.runner.run(command, on_line=on_line, cancel=cancel or self.cancel)


class Masker:
    """Replace every known secret in text, also quoted, as JSON, in addresses and in base64."""

    def __init__(self, secrets: Iterable[Secret] = ()) -> None:
        self._needles: list[str] = []
        self._lock = threading.Lock()
        self.add(*secrets)

    def add(self, *secrets: Secret) -> None:
        """Learn more secrets; values under four characters are not masked, they would blank out words."""
        with self._lock:
            known = {*self._needles, *(form for secret in secrets for form in forms(secret.value))}
            # A new list: another thread may be masking by the old one.
            self._needles = sorted(known, key=lambda needle: (-len(needle), needle))

    @property
    def longest(self) -> int:
        """Give the length of the longest text that is masked; at least 1."""
        return len(self._needles[0]) if self._needles else 1

    def mask(self, text: str) -> str:
        """Give the text with every known secret replaced."""
        for needle in self._needles:
            text = text.replace(needle, MASK)
        return text


def forms(value: str) -> list[str]:
    """Give the texts by which programs show a value: for a shell, as JSON, by Compose, in addresses, in base64."""
    import json  # noqa: PLC0415 - only runs that hold secrets pay for it
    import shlex  # noqa: PLC0415
    from urllib.parse import quote, quote_plus  # noqa: PLC0415

    if len(value) < _SHORTEST_MASKED:
        return []
    nested = [shlex.quote(json.dumps(value)), json.dumps(shlex.quote(value))]
    quoted = [shlex.quote(value), repr(value), *nested, *_quoted_by_compose(value)]
    forms = [value, *(_bare(text) for text in quoted)]
    forms += [quote(value, safe=""), quote(value), quote_plus(value), *_base64_forms(value.encode())]
    forms += [line for line in value.splitlines() if len(line) > _SHORTEST_LINE]
    return [form for form in dict.fromkeys(forms) if len(form) >= _SHORTEST_MASKED]


def _quoted_by_compose(value: str) -> Iterator[str]:
    """Give the texts of a value as Compose prints it, in JSON or YAML, and as the environment's file holds it."""
    import json  # noqa: PLC0415 - see forms()

    from shiplane.commands import dotenv  # noqa: PLC0415

    for text in (value, value.replace("$", "$$"), dotenv.escaped(value)):
        yield from (f'"{text}"', json.dumps(text), json.dumps(text, ensure_ascii=False))
        yield "'" + text.replace("'", "''") + "'"


def _bare(quoted: str) -> str:
    """Take away the outermost quotes: what stands between them is found with others around it too."""
    return quoted[1:-1] if quoted[0] == quoted[-1] and quoted[0] in "'\"" else quoted


def _base64_forms(data: bytes) -> list[str]:
    """Give the base64 of the data alone and behind other bytes, for it makes four letters of three bytes."""
    import base64  # noqa: PLC0415 - see forms()

    forms = []
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        forms.append(encode(data).decode())
        for before, shared in ((0, 0), (1, 2), (2, 3)):
            after = (before + len(data)) % 3
            letters = encode(b"\0" * before + data).decode().rstrip("=")
            inner = letters[shared : -1 if after else None]
            forms += [inner] if len(inner) >= _SHORTEST_INNER else []
    return forms


def token() -> str:
    """Give a name that nothing else has."""
    import secrets  # noqa: PLC0415 - only deploys need it

    return secrets.token_hex(8)


def now() -> float:
    """Give a clock for durations, in seconds."""
    return time.monotonic()
