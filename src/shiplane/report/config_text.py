"""The configuration, for people."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from shiplane.report.text import columns

if TYPE_CHECKING:
    from collections.abc import Mapping


def render_config(found: Mapping[str, Mapping[str, Any]], *, origins: bool) -> str:
    """Write each key with its value, and where it comes from (`invoke config.show --origin`)."""
    rows = []
    for path, entry in found.items():
        value = json.dumps(entry["value"], ensure_ascii=False)
        rows.append((path, entry["origin"], value) if origins else (path, value))
    return "\n".join(columns(rows))
