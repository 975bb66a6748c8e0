"""Versions of components, read from the files that hold them."""

from __future__ import annotations

import json
import re
from typing import Any

from shiplane.errors import VersionMissing, VersionUnusable

_PYTHON = re.compile(r"""^__version__(?:\s*:\s*\w+)?\s*=\s*["']([^"']+)["']""", re.MULTILINE)
_JSON = re.compile(r'"version"\s*:\s*"([^"\\]*)"')
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


def check(file: str, version: str) -> str:
    """Give a version that can be part of a tag; raises `VersionUnusable`."""
    if not _TAG.fullmatch(version):
        raise VersionUnusable(file, version)
    return version


def replaced(file: str, text: str, version: str) -> str:
    """Give the file's text with another version and not a byte else changed; raises `VersionMissing`."""
    parse(file, text)
    if file.endswith(".json"):
        return _in_json(text, {**json.loads(text), "version": version})
    found = _PYTHON.search(text)
    return text[: found.start(1)] + version + text[found.end(1) :] if found else text


def replaced_in_lock(text: str, version: str) -> str:
    """Give npm's lock with another version of the package itself; as it is where it names none."""
    lock: dict[str, Any] = json.loads(text)
    if "version" in lock:
        text = _in_json(text, lock := {**lock, "version": version})
    root = lock.get("packages", {}).get("", {})
    if "version" in root:
        text = _in_json(text, {**lock, "packages": {**lock["packages"], "": {**root, "version": version}}})
    return text


def _in_json(text: str, wanted: dict[str, Any]) -> str:
    """Change the one version by which the text becomes what is wanted; others of its name stay."""
    version = str(wanted["version"])
    for found in _JSON.finditer(text):
        tried = text[: found.start(1)] + version + text[found.end(1) :]
        if json.loads(tried) == wanted:
            return tried
    return text
