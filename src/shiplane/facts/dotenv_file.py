"""What this checkout's people have chosen for its compose stacks: the file `.env`."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

NAME = ".env"


def read(checkout: Path) -> str:
    """Give the file's text; empty where there is none."""
    file = checkout / NAME
    return file.read_text(encoding="utf-8", errors="replace") if file.is_file() else ""
