"""Masking what leaves this machine, beyond the secrets that are known here."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from shiplane.runners.base import MASK

if TYPE_CHECKING:
    from collections.abc import Callable

# Tokens of GitHub, GitLab, Slack, Amazon and Tailscale, and passwords in addresses: a log may hold one of elsewhere.
_TOKENS = re.compile(
    r"\b(?:gh[opsur]_\w{20,}|github_pat_\w{20,}|glpat-[\w-]{20,}|xox[abprs]-[\w-]{10,}|AKIA[0-9A-Z]{16}|tskey-[\w-]{10,})"
    r"|(?<=://)[^/\s:@]*:[^/\s@]+(?=@)"
)


def masked(value: Any, mask: Callable[[str], str]) -> Any:  # noqa: ANN401 - JSON
    """Mask every text of a JSON value, as it is and not as JSON writes it."""
    if isinstance(value, str):
        return mask(value)
    if isinstance(value, list):
        return [masked(each, mask) for each in value]
    if isinstance(value, dict):
        return {mask(key): masked(each, mask) for key, each in value.items()}
    return value


def without_tokens(text: str) -> str:
    """Mask what has the form of a well-known token, whoever's it is."""
    return _TOKENS.sub(MASK, text)
