"""What images hold beside what the lock files of the checkout say: pure, from the texts of both."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from shiplane.config import Component

_PYTHON_LOCKS = ("requirements/development.txt", "requirements.txt")
_NPM_LOCK = "package-lock.json"
_PINNED = re.compile(
    r"^(?P<name>[A-Za-z0-9][A-Za-z0-9._-]*)(?:\[[^\]]*\])?==(?P<version>[^\s;\\]+)(?P<rest>.*)", re.MULTILINE
)
_SEPARATORS = re.compile(r"[-_.]+")
_LIST = "import importlib.metadata as m\nfor d in m.distributions(): print(d.metadata['Name'] + '==' + d.version)"
PYTHON_LIST = ("python", "-c", _LIST)
"""Prints what a Python environment holds, a pinned requirement a line."""
NPM_LIST = ("cat", f"node_modules/.{_NPM_LOCK}")
"""Prints what npm wrote down of what it installed, below the folder in which a container starts."""


def lock_file(checkout: Path, component: Component) -> str:
    """Name the lock file of a component's development image; empty where it has none that is known."""
    names = (_NPM_LOCK,) if component.version_file.endswith(".json") else _PYTHON_LOCKS
    files = (f"{component.context}/{name}" for name in names)
    return next((file for file in files if (checkout / file).is_file()), "")


def question(file: str) -> tuple[str, ...]:
    """Give the command that prints what an image holds of what a lock file lists."""
    return NPM_LIST if file.endswith(".json") else PYTHON_LIST


def compare(file: str, locked: str, held: str) -> list[str]:
    """Tell each package that an image lacks or has in another version; raises ValueError where a text is no list."""
    wanted, optional = _npm_lock(locked) if file.endswith(".json") else _python_lock(locked)
    there = _npm_lock(held)[0] if file.endswith(".json") else _python_lock(held)[0]
    found = []
    for name, version in sorted(wanted.items()):
        if name not in there:
            found += [] if name in optional else [f"{name} {version} is not in the image"]
        elif there[name] != version:
            found.append(f"{name} is {there[name]} in the image, {version} in the lock")
    return found


def _python_lock(text: str) -> tuple[dict[str, str], set[str]]:
    """Give versions by name, and the names that are for some platforms alone."""
    found = {_SEPARATORS.sub("-", one["name"]).lower(): one for one in _PINNED.finditer(text)}
    return {name: one["version"] for name, one in found.items()}, {n for n, one in found.items() if ";" in one["rest"]}


def _npm_lock(text: str) -> tuple[dict[str, str], set[str]]:
    """Give the same of npm's lock, by the place below node_modules."""
    packages: Mapping[str, Mapping[str, object]] = json.loads(text)["packages"]
    found = {name.removeprefix("node_modules/"): one for name, one in packages.items() if name and "version" in one}
    return {name: str(one["version"]) for name, one in found.items()}, {n for n, one in found.items() if _maybe(one)}


def _maybe(package: Mapping[str, object]) -> bool:
    return any(package.get(kind) for kind in ("optional", "devOptional", "peer"))
