"""Files that only their owner may read, and the archive that carries files into a container."""

from __future__ import annotations

import fcntl
import io
import os
import tarfile
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Planted:
    """Describe a file to put into a container before it starts; `owner` is the numeric user and group."""

    path: str
    text: str
    mode: int = 0o644
    owner: int = 0


def archive(files: Sequence[Planted]) -> str:
    """Give a tar archive of ASCII files, as text, for the standard input of `docker cp -`."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        for file in files:
            data = file.text.encode("ascii")
            info = tarfile.TarInfo(file.path.lstrip("/"))
            info.size, info.mode, info.uid, info.gid = len(data), file.mode, file.owner, file.owner
            tar.addfile(info, io.BytesIO(data))
    return buffer.getvalue().decode("ascii")


def private_folder(folder: Path) -> None:
    """Make a folder that only its owner may enter."""
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)


def write_private(file: Path, text: str) -> None:
    """Replace a file as a whole; it is never readable by others, not even while it is written."""
    scratch = file.with_name(f".{file.name}.{os.getpid()}")
    descriptor = os.open(scratch, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
        stream.write(text)
    scratch.replace(file)


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold the folder alone; a second command waits. The folder may be removed while it is held."""
    while True:
        private_folder(folder)
        with (folder / "lock").open("w") as stream:
            fcntl.flock(stream, fcntl.LOCK_EX)
            if _still_there(folder / "lock", stream.fileno()):
                yield
                return


def _still_there(file: Path, descriptor: int) -> bool:
    try:
        return file.stat().st_ino == os.fstat(descriptor).st_ino
    except FileNotFoundError:
        return False
