"""What scripts on a server print: a kind, a tab and its value per line."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


def by_kind(lines: Iterable[str]) -> dict[str, list[str]]:
    """Sort a script's lines by the word before the tab."""
    found: dict[str, list[str]] = {}
    for line in lines:
        kind, _, value = line.partition("\t")
        found.setdefault(kind, []).append(value)
    return found
