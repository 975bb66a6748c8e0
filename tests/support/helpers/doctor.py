"""`invoke doctor` in a clone whose faults are made for real, and the fixes that it names followed to the letter."""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING, Any

from helpers.clone import ROOT, Clone
from helpers.story import lend_packages

if TYPE_CHECKING:
    from pathlib import Path

_PORTS = ("PROXY_PORT", "DEV_BACKEND_PORT", "DEV_FRONTEND_PORT", "DEV_DB_PORT", "DEV_REDIS_PORT")
_PATIENT = ("doctor", "--seconds", "60", "--json")


def make(folder: Path) -> Clone:
    """Give a clone whose packages are those of this checkout, which bootstrap would not know as its own."""
    made = Clone.make(folder / "shop", PROXY_PORT="0")
    lend_packages(made.folder)
    return made


def free() -> dict[str, str]:
    """Let the development stack want ports that nothing else holds: somebody may have one up beside this."""
    return dict.fromkeys(_PORTS, "0")


def found(clone: Clone, *words: str, before: tuple[str, ...] = (), **environ: str) -> dict[str, dict[str, Any]]:
    """Give what doctor finds, by id; `before` is a program with its path that runs it."""
    command = clone.start(*before, f"{ROOT}/.venv/bin/invoke", *_PATIENT, *words, environ={**free(), **environ})
    return read(command.finish().output)


def read(output: str) -> dict[str, dict[str, Any]]:
    """Read what doctor printed, before the error in which it ends where something was found."""
    listed = output[: output.index("\n]") + 2] if "\n]" in output else output
    return {told["id"]: told for told in json.loads(listed) if not told["ok"]}


def follow(clone: Clone, line: str, **environ: str) -> None:
    """Type a line that a fix names."""
    path = f"{clone.folder}/.venv/bin:{clone.environ['PATH']}"
    env = {**clone.environ, "PATH": path, **environ}
    done = subprocess.run(["sh", "-c", line], cwd=clone.folder, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{line}: {done.stdout}{done.stderr}"
