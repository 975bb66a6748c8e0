"""Traffic beside a test: begun, ended, and what it met."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Self

from traffic.told import Told

if TYPE_CHECKING:
    from types import TracebackType

    from traffic.wanted import Wanted

_END_SECONDS = 60.0


class Traffic:
    """Send requests from a process of its own while the block runs; `told` is there after it."""

    def __init__(self, wanted: Wanted, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._wanted, self._told = folder / "wanted.json", folder / "told.json"
        self._log = folder / "log.txt"
        wanted.save(self._wanted)
        self.since = 0.0
        self.told: Told | None = None
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        argv = (sys.executable, "-m", "traffic.generator", str(self._wanted), str(self._told))
        environ = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])}
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=log, stderr=log, env=environ)
        self.since = time.monotonic()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        process = self._process
        assert process is not None
        assert process.stdin is not None
        try:
            process.stdin.close()
            process.wait(_END_SECONDS)
        finally:
            process.kill()
            process.wait()
        assert process.returncode == 0, self._log.read_text(encoding="utf-8")
        self.told = Told.load(self._told)

    @property
    def met(self) -> Told:
        """Give what it met; the block has ended."""
        assert self.told is not None
        return self.told
