"""Which versions of the tools are on this machine."""

from __future__ import annotations

import os
import platform
import re
from importlib import metadata
from typing import TYPE_CHECKING

from shiplane.errors import ShiplaneError
from shiplane.model import Command

if TYPE_CHECKING:
    from collections.abc import Mapping

    from shiplane.runners.base import Runner

_SECONDS = 20
_QUESTIONS: Mapping[str, tuple[str, ...]] = {
    "git": ("git", "--version"),
    "docker": ("docker", "version", "--format", "client {{.Client.Version}}, engine {{.Server.Version}}"),
    "compose": ("docker", "compose", "version", "--short"),
    "buildx": ("docker", "buildx", "version"),
    "node": ("node", "--version"),
}
_PACKAGES = ("shiplane", "invoke", "nox", "fabric", "docker", "httpx", "rich")


def tool_versions(runner: Runner) -> dict[str, str]:
    """Ask each tool; what is not here or does not answer says so."""
    asked = {name: _asked(runner, Command(argv, timeout=_SECONDS)) for name, argv in _QUESTIONS.items()}
    packages = {f"python package {name}": _installed(name) for name in _PACKAGES}
    system = os.uname()
    told = f"{system.sysname} {system.release} {system.machine}"
    return {"system": told, "python": platform.python_version(), **asked, **packages}


def _asked(runner: Runner, question: Command) -> str:
    try:
        answer = runner.run(question)
    except ShiplaneError as error:
        return error.cause
    lines = answer.output.splitlines()
    return (lines or ["no answer"])[0] if answer.ok else f"does not answer: {(lines or ['nothing'])[-1]}"


def _installed(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return "not installed"


def numbers(version: str) -> tuple[int, ...]:
    """Give the leading numbers of a version: 2.26.1-ds4 is (2, 26, 1); empty where it is none."""
    found = re.match(r"v?(\d+(?:\.\d+)*)", version.strip())
    return tuple(int(part) for part in found[1].split(".")) if found else ()
