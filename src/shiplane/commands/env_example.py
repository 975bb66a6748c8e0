"""The `.env` of a newcomer, made of the example beside it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

_SECRET = re.compile(r"^#?(?P<name>[A-Z][A-Z0-9_]*(?:PASSWORD|TOKEN|SECRET))=.*$", re.MULTILINE)


def filled(example: str, generate: Callable[[], str], kept: Collection[str] = ()) -> str:
    """Give the example with a value of its own for each password, token and secret but those in `kept`.

    All else stays as it is, comments too. What `generate` gives has to need no quotes.
    """

    def line(found: re.Match[str]) -> str:
        return found[0] if found["name"] in kept else f"{found['name']}={generate()}"

    return _SECRET.sub(line, example)


def secrets_of(example: str) -> tuple[str, ...]:
    """Name the passwords, tokens and secrets of an example."""
    return tuple(found["name"] for found in _SECRET.finditer(example))
