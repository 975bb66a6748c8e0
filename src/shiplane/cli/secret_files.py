"""Secrets for programs that take them as files only."""

from __future__ import annotations

import atexit
import os
from threading import Lock
from typing import TYPE_CHECKING

from shiplane.runners import temporary

if TYPE_CHECKING:
    from pathlib import Path


class SecretFiles:
    """Keep texts in files for this user alone; they end with the process."""

    def __init__(self) -> None:
        self._folder: Path | None = None
        self._written: dict[str, str] = {}
        self._lock = Lock()

    def keep(self, name: str, text: str) -> str:
        """Give the path of a file of this name and text; it is written once, for it may be read at any time."""
        with self._lock:
            if self._folder is None:
                self._folder = temporary.make("ssh")
                atexit.register(temporary.remove, self._folder)
            path = self._folder / name
            if self._written.get(name) != text:
                descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
                with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                    file.write(text)
                self._written[name] = text
            return str(path)
