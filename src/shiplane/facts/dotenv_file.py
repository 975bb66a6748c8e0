"""What this checkout's people have chosen for its compose stacks: the file `.env`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from shiplane.commands import dotenv

if TYPE_CHECKING:
    from pathlib import Path

NAME = ".env"
_LINE = re.compile(
    r"""^[ \t]*(?:export[ \t]+)?([A-Za-z_]\w*)[ \t]*=[ \t]*(?:("(?:\\.|[^"\\])*")|'((?:\\'|[^'])*)'|([^\n]*))""",
    re.MULTILINE | re.DOTALL,
)


def read(checkout: Path) -> str:
    """Give the file's text; empty where there is none."""
    file = checkout / NAME
    return file.read_text(encoding="utf-8", errors="replace") if file.is_file() else ""


def values(text: str) -> dict[str, str]:
    """Give the variables that an environment file sets, as Compose reads them; what names others stays as it stands."""
    return {name: _value(*forms) for name, *forms in _LINE.findall(text)}


def _value(double: str, single: str, bare: str) -> str:
    if double:
        return dotenv.value(f"={double}")[1]
    return single.replace("\\'", "'") or re.split(r"(?:^|\s)#", bare)[0].strip()
