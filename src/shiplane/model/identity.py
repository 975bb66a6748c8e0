"""The name of a checkout: what keeps two of them on one machine apart."""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def checkout_id(checkout: Path) -> str:
    """Derive eight hex digits from the checkout's real path."""
    return hashlib.sha256(str(checkout.resolve()).encode()).hexdigest()[:8]


def slug(text: str, limit: int = 40) -> str:
    """Reduce a text to what names of containers and image tags may hold: `feature/x` becomes `feature-x`."""
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")[:limit].strip("-") or "x"
