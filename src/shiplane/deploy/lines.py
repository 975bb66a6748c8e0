"""What scripts on a server print: a kind, a tab and its value per line."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from shiplane.commands import dotenv
from shiplane.model import Secret

if TYPE_CHECKING:
    from collections.abc import Iterable


# A switch is no secret, whatever its variable is called: masked, it would take its word out of every text.
_SWITCH = re.compile(r"true|false|null|none", re.IGNORECASE)


def by_kind(lines: Iterable[str]) -> dict[str, list[str]]:
    """Sort a script's lines by the word before the tab."""
    found: dict[str, list[str]] = {}
    for line in lines:
        kind, _, value = line.partition("\t")
        found.setdefault(kind, []).append(value)
    return found


def secrets(lines: Iterable[str]) -> tuple[Secret, ...]:
    """Read the lines of environment files that hold secrets."""
    found = (Secret(*dotenv.value(line)) for line in lines)
    return tuple(secret for secret in found if not _SWITCH.fullmatch(secret.value))
