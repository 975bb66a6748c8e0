"""Locks of packages, short enough that a real installation takes seconds."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from helpers.clone import ROOT

if TYPE_CHECKING:
    from pathlib import Path

_LOCK = "requirements/shiplane.txt"


def write_lock(checkout: Path, *packages: str) -> None:
    """Keep only the named packages of the repository's lock."""
    entries = re.split(r"(?m)^(?=[a-z])", (ROOT / _LOCK).read_text(encoding="utf-8"))
    kept = [entry for entry in entries if entry.split("==")[0] in packages]
    assert len(kept) == len(packages)
    (checkout / _LOCK).write_text("".join(kept), encoding="utf-8")


def write_npm_lock(folder: Path, package: str) -> None:
    """Let npm packages be one that lies in the folder itself, in the version that its `package.json` has."""
    file = folder / "package.json"
    version = json.loads(file.read_text(encoding="utf-8"))["version"]
    own = {"name": folder.name, "version": version, "dependencies": {package: f"file:{package}"}}
    (folder / package).mkdir()
    (folder / package / "package.json").write_text(json.dumps({"name": package, "version": "1.0.0"}), encoding="utf-8")
    packages = {"": own, package: {"version": "1.0.0"}, f"node_modules/{package}": {"resolved": package, "link": True}}
    lock = {"name": folder.name, "version": version, "lockfileVersion": 3, "requires": True, "packages": packages}
    file.write_text(json.dumps(own), encoding="utf-8")
    (folder / "package-lock.json").write_text(json.dumps(lock), encoding="utf-8")
