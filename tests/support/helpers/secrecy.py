"""Looking for secrets in what was kept and printed, inside archives too."""

from __future__ import annotations

import base64
import io
import json
import re
import zipfile
from typing import TYPE_CHECKING
from urllib.parse import quote

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

# Playwright's page holds its data as an archive in one long word.
_EMBEDDED = re.compile(rb"data:application/zip;base64,([A-Za-z0-9+/=]+)")


def forms(secret: str) -> set[bytes]:
    """Give the spellings in which a secret could slip out."""
    basic = base64.b64encode(secret.encode()).decode()
    return {
        text.encode() for text in (secret, json.dumps(secret)[1:-1], repr(secret)[1:-1], quote(secret, safe=""), basic)
    }


def contents(folder: Path) -> Iterator[tuple[str, bytes]]:
    """Give every file below a folder, and every file in an archive there."""
    for path in folder.rglob("*"):
        if path.is_file():
            data = path.read_bytes()
            yield str(path), data
            archives = [data] if zipfile.is_zipfile(path) else map(base64.b64decode, _EMBEDDED.findall(data))
            for archive in archives:
                with zipfile.ZipFile(io.BytesIO(archive)) as opened:
                    yield from ((f"{path}:{name}", opened.read(name)) for name in opened.namelist())


def leaks(secrets: Iterable[str], places: Iterable[tuple[str, bytes]]) -> list[str]:
    """Name the places that hold a secret."""
    needles = set().union(*map(forms, secrets))
    return [place for place, data in places if any(needle in data for needle in needles)]
