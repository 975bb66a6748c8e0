"""A command as a process that is stopped at a boundary, so that something can happen there."""

from __future__ import annotations

import contextlib
import json
import os
import select
import subprocess
import sys
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from yard.checkout import CALLER, Ended, Yard

if TYPE_CHECKING:
    import signal
    from pathlib import Path
    from types import TracebackType


@dataclass(frozen=True, slots=True)
class Stop:
    """Name a boundary: `moment` before, during or after the remote operation `number`, `after` seconds into it.

    Where it is `unheard`, the operation has ended and its answer is lost.
    """

    number: int
    moment: str
    after: float = 0.0
    what: str = ""

    def __str__(self) -> str:
        moment = f"{self.after:.1f} s into" if self.moment == "during" else self.moment
        return f"{moment} {self.number}, {self.what}"


NOWHERE = Stop(0, "nowhere")


@dataclass(frozen=True, slots=True)
class Operation:
    """Describe a remote operation of a command that ended: its number, what ran, how long."""

    number: int
    what: str
    seconds: float


class Call:
    """Run a command in a yard; it waits at the stop until `go_on`."""

    def __init__(self, yard: Yard, stop: Stop, *words: str) -> None:
        self._yard, self._stop, self._words = yard, stop, words
        self._file: Path = yard.folder / ".shiplane" / "call.txt"
        self._read = b""
        self.events: list[dict[str, Any]] = []
        self._since = time.monotonic()

    def __enter__(self) -> Self:
        events, told = os.pipe()
        heard, answers = os.pipe()
        environ = {**self._yard.environ(), "EVENTS": str(told), "ANSWERS": str(heard)}
        stop = json.dumps({"number": self._stop.number, "moment": self._stop.moment, "after": self._stop.after})
        argv = (sys.executable, str(CALLER), stop, *self._words)
        with self._file.open("wb") as output:
            self.process = subprocess.Popen(
                argv, cwd=self._yard.folder, env=environ, stdin=subprocess.DEVNULL, stdout=output, stderr=output,
                pass_fds=(told, heard),
            )  # fmt: skip
        os.close(told)
        os.close(heard)
        self._events, self._answers = events, answers
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.process.kill()
        self.process.wait()
        os.close(self._events)
        os.close(self._answers)

    def reach(self, seconds: float = 120) -> bool:
        """Wait for the stop; tell whether it was reached before the command ended."""
        deadline = time.monotonic() + seconds
        while not any(event["moment"].startswith("stopped") for event in self.events):
            assert time.monotonic() < deadline, f"{self._stop} was not reached: {self.output}"
            if not self._listen(deadline - time.monotonic()):
                return False
        return True

    def go_on(self) -> None:
        """Let it pass the stop."""
        with contextlib.suppress(BrokenPipeError):
            os.write(self._answers, b"x")

    def signal(self, number: signal.Signals) -> None:
        """Send it a signal."""
        self.process.send_signal(number)

    def finish(self, seconds: float = 240) -> Ended:
        """Wait for the end, within a time."""
        deadline = time.monotonic() + seconds
        while self._listen(deadline - time.monotonic()):
            assert time.monotonic() < deadline, f"no end within {seconds:g} s: {self.output}"
        code = self.process.wait(max(deadline - time.monotonic(), 1))
        return Ended(code, self.output, time.monotonic() - self._since)

    @property
    def output(self) -> str:
        """Give what it has printed."""
        return self._file.read_text(encoding="utf-8", errors="replace")

    @property
    def operations(self) -> list[Operation]:
        """Give the operations that have ended."""
        ended = (event for event in self.events if event["moment"] == "ended")
        return [Operation(event["number"], event["what"], event["seconds"]) for event in ended]

    def _listen(self, seconds: float) -> bool:
        """Read what was told; False at the end of the process."""
        if not select.select([self._events], [], [], max(seconds, 0))[0]:
            return True
        data = os.read(self._events, 65536)
        *lines, self._read = (self._read + data).split(b"\n")
        self.events += [json.loads(line) for line in lines]
        return bool(data)
