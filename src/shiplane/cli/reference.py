"""Write the pages that are made from the code: `python -m shiplane.cli.reference [CHECKOUT]`."""

from __future__ import annotations

import sys
from pathlib import Path

from shiplane.cli import commands_page
from shiplane.config import reference

PAGES = {
    "docs/configuration.md": reference.page,
    "docs/shiplane.schema.json": reference.schema,
    "docs/commands.md": commands_page.page,
}
"""Each page, and what writes it; a test compares them."""


def write(checkout: Path) -> None:
    """Write every page."""
    for name, text in PAGES.items():
        (checkout / name).write_text(text(), encoding="utf-8")


if __name__ == "__main__":
    write(Path(sys.argv[1]) if len(sys.argv) > 1 else Path.cwd())
