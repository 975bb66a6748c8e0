"""Secrets from a command or a file: asked when one is needed, once, and kept nowhere."""

from __future__ import annotations

import json
import threading
from typing import TYPE_CHECKING

from shiplane.errors import SecretsUnreadable
from shiplane.model import Command, Secret

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from shiplane.config import SecretSources
    from shiplane.runners.base import Completed, Runner

_PLACE = "{environment}"
_OPEN = 0o077


class Sources:
    """Give secrets by environment and name; `learn` is told all that are read, before anything else is."""

    def __init__(
        self, runner: Runner, checkout: Path, settings: SecretSources, learn: Callable[..., None] = lambda *_: None
    ) -> None:
        self._runner = runner
        self._checkout = checkout
        self._settings = settings
        self._learn = learn
        self._read: dict[tuple[str, ...], Mapping[str, str]] = {}
        self._lock = threading.Lock()

    @property
    def configured(self) -> bool:
        """Tell whether there is a source at all."""
        return bool(self._settings.command or self._settings.file)

    def get(self, environment: str, name: str) -> str:
        """Give a secret, the environment's own first (`STAGING_DB_PASSWORD`); empty where no source has it.

        Raises `SecretsUnreadable`.
        """
        names = (f"{environment.upper()}_{name}", name)
        with self._lock:
            held = [found for found in (self._by_command(environment), self._by_file(environment)) if found]
        return next((found[each] for found in held for each in names if found.get(each)), "")

    def _by_command(self, environment: str) -> Mapping[str, str]:
        argv = tuple(word.replace(_PLACE, environment) for word in self._settings.command)
        if argv and argv not in self._read:
            done = self._runner.run(Command(argv, timeout=self._settings.seconds))
            self._read[argv] = self._learned(f"the command {argv[0]}", _answer(argv, done))
        return self._read.get(argv, {})

    def _by_file(self, environment: str) -> Mapping[str, str]:
        name = self._settings.file.replace(_PLACE, environment)
        if name and (name,) not in self._read:
            self._read[(name,)] = self._learned(name, _content(self._checkout / name, name))
        return self._read.get((name,), {})

    def _learned(self, source: str, text: str) -> Mapping[str, str]:
        found = parse(text, source)
        self._learn(*(Secret(name, value) for name, value in found.items()))
        return found


def _answer(argv: tuple[str, ...], done: Completed) -> str:
    """Give what the command printed; where it failed, what it said beside that is no secret."""
    if done.ok:
        return done.stdout
    printed = set(done.stdout.splitlines())
    said = [line for line in done.tail() if line not in printed]
    raise SecretsUnreadable(
        f"the command {argv[0]}", f"it ended with {done.exit_code}", f"try it: {Command(argv).masked()}", said
    )


def _content(file: Path, name: str) -> str:
    if not file.is_file():
        raise SecretsUnreadable(name, "it is no file", "make it, or change file of [tool.shiplane.secrets]")
    if file.stat().st_mode & _OPEN:
        raise SecretsUnreadable(name, "others can read it too", f"chmod 600 {name}")
    try:
        return file.read_bytes().decode("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise SecretsUnreadable(name, "it is no text that can be read", f"see: file {name}; ls -l {name}") from error


def parse(text: str, source: str) -> dict[str, str]:
    """Read a JSON object of texts, or lines `NAME=value` in which the value is what stands there, to the end.

    Nothing is undone: no quotes, no escapes. Raises `SecretsUnreadable`, which holds nothing of the text.
    """
    if text.lstrip().startswith("{"):
        return _from_json(text, source)
    found = {}
    # At newlines alone: a value may hold any other letter that some programs take for the end of a line.
    for number, line in enumerate(text.split("\n"), start=1):
        name, equals, value = line.removesuffix("\r").partition("=")
        if not line.strip() or line.startswith("#"):
            continue
        if not equals or not name.isidentifier():
            fix = "write it as NAME=value; for values of several lines print JSON"
            raise SecretsUnreadable(source, f"line {number} is not NAME=value", fix)
        found[name] = value
    return found


def _from_json(text: str, source: str) -> dict[str, str]:
    try:
        found = json.loads(text)
    except ValueError as error:
        raise SecretsUnreadable(source, "it begins as JSON and is none", "print one object of texts") from error
    for name, value in found.items():
        if not isinstance(value, str):
            raise SecretsUnreadable(source, f"the value of {name} is no text", "print one object of texts")
    return dict(found)
