"""What is run on a server beside Docker: small scripts by standard input, and files as one archive."""

from __future__ import annotations

import base64
import io
import shlex
import tarfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from shiplane.model import Command, Secret

if TYPE_CHECKING:
    from collections.abc import Mapping

PRIVATE = 0o600
SHARED = 0o644
_SCRIPTS = Path(__file__).with_name("scripts")
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
    return Command(("bash", "-s", name, *args), stdin=_text(name) + payload, cwd=cwd, timeout=timeout)


def unpack(folder: str, archive: Secret, timeout: float | None = None) -> Command:
    """Unpack `archive` into a new folder that its user alone can enter."""
    place = shlex.quote(folder)
    line = f"umask 077 && rm -rf {place} && mkdir -p {place} && base64 -d | tar -xzp --no-same-owner -C {place}"
    return Command(("sh", "-c", line), stdin=archive, timeout=timeout)


def shell(line: str, cwd: str | None = None) -> Command:
    """Run one short line by the shell; it holds no secret and every name in it is quoted."""
    return Command(("sh", "-c", line), cwd=cwd)


def archive(name: str, files: Mapping[str, FileContent]) -> Secret:
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
    return Secret(name, base64.b64encode(buffer.getvalue()).decode())


def _folders(files: Mapping[str, FileContent]) -> list[str]:
    parents = {str(parent) for path in files for parent in PurePosixPath(path).parents}
    return sorted(parents - {"."})


@cache
def _text(name: str) -> str:
    # One line starts it and ends the shell, so that what follows on standard input is the script's to read.
    texts = [(_SCRIPTS / f"{part}.sh").read_text(encoding="utf-8") for part in ("common", name)]
    return "\n".join([*texts, 'shift; main "$@"; exit\n'])
