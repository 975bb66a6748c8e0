"""Output for people and for machines."""

from __future__ import annotations

import json
import sys
from typing import Any


def show(text: str) -> None:
    """Print text."""
    print(text, flush=True)  # noqa: T201 - this is the terminal's end


def show_json(value: Any) -> None:  # noqa: ANN401 - JSON
    """Print one JSON value."""
    show(json.dumps(value, indent=2, ensure_ascii=False))


def finish(code: int) -> None:
    """End with an exit code; 0 goes on."""
    sys.stdout.flush()
    if code:
        raise SystemExit(code)
