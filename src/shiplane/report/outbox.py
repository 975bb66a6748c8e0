"""Reports that a board has not taken yet: one file a run, so that a later state replaces an earlier one."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import secrets
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, unquote

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MOST_RUNS = 50


class Outbox:
    """Keep at most fifty runs in a folder; several processes may use it. OSError where the folder cannot be used."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def save(self, run: str, body: dict[str, Any]) -> None:
        """Keep a run's report in place of an earlier one; beyond the limit the oldest go."""
        with self._locked():
            file = self._file(run)
            # The name no other process uses; a reader sees the old file or the new, never a half.
            written = file.with_name(f".{secrets.token_hex(8)}.part")
            written.write_text(json.dumps(body), encoding="utf-8")
            written.replace(file)
            for old in self._files()[:-MOST_RUNS]:
                old.unlink(missing_ok=True)

    def load(self) -> dict[str, dict[str, Any]]:
        """Give the reports by run, oldest first; what is not a report is removed."""
        found = {}
        for file in self._files():
            with contextlib.suppress(FileNotFoundError):
                body = _parsed(file)
                if body is None:
                    file.unlink()
                else:
                    found[unquote(file.stem)] = body
        return found

    def remove(self, run: str, body: dict[str, Any]) -> None:
        """Forget what was delivered, unless a newer report of that run has come meanwhile."""
        file = self._file(run)
        with self._locked():
            if file.exists() and _parsed(file) in (body, None):
                file.unlink(missing_ok=True)

    def _file(self, run: str) -> Path:
        return self.folder / f"{quote(run, safe='')}.json"

    def _files(self) -> list[Path]:
        files = [(file.stat().st_mtime_ns, file.name, file) for file in self.folder.glob("[!.]*.json")]
        return [file for *_, file in sorted(files)]

    @contextlib.contextmanager
    def _locked(self) -> Iterator[None]:
        self.folder.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(self.folder / ".lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)


def _parsed(file: Path) -> dict[str, Any] | None:
    try:
        body = json.loads(file.read_text(encoding="utf-8"))
    except ValueError:
        return None
    lists = isinstance(body, dict) and all(isinstance(value, list) for value in body.values())
    return body if lists else None
