"""GitHub Actions' workflow commands, and keeping what steps print from giving any.

A runner takes orders (`::add-mask::…`, `::error file=…::…`) from any line of output, also in the middle of one in the
older form `##[…]`. So they are switched off by a token that nobody can guess, and on only while we give our own.
"""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_DATA = (("%", "%25"), ("\r", "%0D"), ("\n", "%0A"))
_PROPERTY = (*_DATA, (":", "%3A"), (",", "%2C"))


def order(name: str, text: str = "", properties: Mapping[str, str | int] | None = None) -> str:
    """Write one workflow command; properties without a value are left out."""
    given = {key: str(value) for key, value in (properties or {}).items() if value}
    listed = ",".join(f"{key}={_escaped(value, _PROPERTY)}" for key, value in given.items())
    return f"::{name}{f' {listed}' if listed else ''}::{_escaped(text, _DATA)}"


def _escaped(text: str, pairs: tuple[tuple[str, str], ...]) -> str:
    for character, code in pairs:
        text = text.replace(character, code)
    return text


def quoted(text: str) -> str:
    """Write a text in which no line is an order."""
    token = secrets.token_hex(16)
    return f"{_stopped(token)}\n{text}\n{_again(token)}"


class Orders:
    """Keep orders switched off on a stream, but for our own; `write` takes a line."""

    def __init__(self, write: Callable[[str], None]) -> None:
        self._write = write
        self._token = ""

    def off(self) -> None:
        """Let nothing that is written from now on be an order."""
        if not self._token:
            self._token = secrets.token_hex(16)
            self._write(_stopped(self._token))

    def on(self) -> None:
        """Let lines be orders again."""
        if self._token:
            self._write(_again(self._token))
            self._token = ""

    def give(self, *orders: str) -> None:
        """Give orders of our own; the token has been shown by then, so another follows."""
        self.on()
        for each in orders:
            self._write(each)
        self.off()


def _stopped(token: str) -> str:
    return f"::stop-commands::{token}"


def _again(token: str) -> str:
    return f"::{token}::"
