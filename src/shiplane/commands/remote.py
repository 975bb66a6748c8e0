"""What is run on a server beside Docker: small scripts by standard input, and files as one archive."""

from __future__ import annotations

import base64
import io
import tarfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from shiplane.model import Command

if TYPE_CHECKING:
    from collections.abc import Mapping

PRIVATE = 0o600
SHARED = 0o644
_SCRIPTS = Path(__file__).with_name("scripts")
_USES = {
    "clear": ("activate",),
    "roll": ("activate", "wait-healthy"),
    "recreate": ("activate", "wait-healthy", "roll"),
    "record": ("retain",),
}
"""The scripts whose functions another one uses; its own `main` stands last and counts."""
_FOLDER_MODE = 0o755  # a container's user reads mounted folders; what is above them is closed


@dataclass(frozen=True, slots=True)
class FileContent:
    """Hold a file to send: its bytes and its mode."""

    data: bytes
    mode: int = PRIVATE


def script(name: str, *args: str, payload: str = "", cwd: str | None = None, timeout: float | None = None) -> Command:
    """Run one of our scripts on a server; its text goes first on standard input, then `payload`.

    The name comes first among the arguments so that a process list and a plan can say what runs.
    """
    return Command(("bash", "-s", name, *args), stdin=text(name) + payload, cwd=cwd, timeout=timeout)


def shell(line: str, cwd: str | None = None) -> Command:
    """Run one short line by the shell; it holds no secret and every name in it is quoted."""
    return Command(("sh", "-c", line), cwd=cwd)


def archive(files: Mapping[str, FileContent]) -> str:
    """Pack files into one text; equal files give equal texts, whatever the time and the user."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz", compresslevel=1, format=tarfile.PAX_FORMAT) as tar:
        for folder in _folders(files):
            entry = tarfile.TarInfo(folder)
            entry.type, entry.mode = tarfile.DIRTYPE, _FOLDER_MODE
            tar.addfile(entry)
        for path, content in sorted(files.items()):
            entry = tarfile.TarInfo(path)
            entry.size, entry.mode = len(content.data), content.mode
            tar.addfile(entry, io.BytesIO(content.data))
    return base64.b64encode(buffer.getvalue()).decode()


def _folders(files: Mapping[str, FileContent]) -> list[str]:
    parents = {str(parent) for path in files for parent in PurePosixPath(path).parents}
    return sorted(parents - {"."})


@cache
def text(name: str, *, named: bool = True) -> str:
    """Give the text of a script with all that it uses; `named` tells that its name comes first among its arguments."""
    # One line starts it and ends the shell, so that what follows on standard input is the script's to read.
    start = 'shift; main "$@"; exit\n' if named else 'main "$@"; exit\n'
    parts = ("common", *_USES.get(name, ()), name)
    return "\n".join([*((_SCRIPTS / f"{part}.sh").read_text(encoding="utf-8") for part in parts), start])
