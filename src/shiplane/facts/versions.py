"""Versions of components, read from the files that hold them."""

from __future__ import annotations

import json
import re

from shiplane.errors import VersionMissing, VersionUnusable

_PYTHON = re.compile(r"""^__version__(?:\s*:\s*\w+)?\s*=\s*["']([^"']+)["']""", re.MULTILINE)
_TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,59}")


def parse(file: str, text: str) -> str:
    """Find the version in a file's text; raises `VersionMissing` and `VersionUnusable`."""
    version = _from_json(text) if file.endswith(".json") else _from_python(text)
    if version and not _TAG.fullmatch(version):
        raise VersionUnusable(file, version)
    if not version:
        example = '"version": "1.0.0"' if file.endswith(".json") else '__version__ = "1.0.0"'
        raise VersionMissing(file, example)
    return version


def _from_python(text: str) -> str | None:
    found = _PYTHON.search(text)
    return found.group(1) if found else None


def _from_json(text: str) -> str | None:
    try:
        version = json.loads(text).get("version")
    except (ValueError, AttributeError):
        return None
    return version if isinstance(version, str) else None
