"""The process of a command, which stops where it is told to: `caller.py STOP WORD...`, run in the checkout.

STOP is a JSON object: `number` of a remote operation (1 is the first), `moment` before, during, after or unheard,
`after` seconds into it. What is `unheard` runs to its end, and its answer is lost with the connection. Every operation
is told on the descriptor EVENTS as it begins and ends; at the stop the process waits for a byte on ANSWERS. What an
operation does on the server is not held up by a stop during it.
"""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from invoke.program import Program

from shiplane.cli import app
from shiplane.errors import ConnectionLost
from shiplane.runners.ssh import SshRunner

if TYPE_CHECKING:
    from shiplane.model import Command, Host
    from shiplane.runners.base import Completed, Masker

_EVENTS, _ANSWERS = int(os.environ["EVENTS"]), int(os.environ["ANSWERS"])
_STOP = json.loads(sys.argv[1])


class Operations:
    """Count the operations of the process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.count = 0
        self._reached = False

    def begin(self) -> int:
        """Give the number of a new one."""
        with self._lock:
            self.count += 1
            return self.count

    def tell(self, number: int, moment: str, what: str, seconds: float = 0.0) -> None:
        """Tell of a moment."""
        line = json.dumps({"number": number, "moment": moment, "what": what, "seconds": round(seconds, 3)})
        os.write(_EVENTS, f"{line}\n".encode())

    def reach(self, number: int, moment: str, what: str) -> None:
        """Tell of a moment, and wait where this is the stop and it is the first time."""
        with self._lock:
            here = (number, moment) == (_STOP.get("number"), _STOP.get("moment")) and not self._reached
            self._reached = self._reached or here
        if here:
            self.tell(number, f"stopped {moment}", what)
            os.read(_ANSWERS, 1)


OPERATIONS = Operations()


class Stopping(SshRunner):
    """Run commands on a server as always; renewals of the lock are nobody's boundary."""

    def run(self, command: Command, **words: object) -> Completed:
        """Run to the end, telling of it."""
        what = command.masked().splitlines()[0][:160]
        if "lock renew" in what:
            return super().run(command, **words)  # type: ignore[arg-type] - they are passed on
        number = OPERATIONS.begin()
        OPERATIONS.reach(number, "before", what)
        OPERATIONS.tell(number, "began", what)
        held, started = self._during(number, what), time.monotonic()
        unheard = (number, "unheard") == (_STOP.get("number"), _STOP.get("moment"))
        try:
            done = super().run(command, **(words | {"on_line": None} if unheard else words))  # type: ignore[arg-type] - they are passed on
        finally:
            if held is not None:
                held.cancel()
            OPERATIONS.tell(number, "ended", what, time.monotonic() - started)
            # Where it was quicker than the time of the stop, its end is the stop.
            OPERATIONS.reach(number, "during", what)
            OPERATIONS.reach(number, "after", what)
        if unheard:
            OPERATIONS.reach(number, "unheard", what)
            raise ConnectionLost(f"the connection to {self.host.place} was lost while: {what}", "check the network")
        return done

    def _during(self, number: int, what: str) -> threading.Timer | None:
        if (number, "during") != (_STOP.get("number"), _STOP.get("moment")):
            return None
        held = threading.Timer(_STOP.get("after", 0.2), OPERATIONS.reach, (number, "during", what))
        held.daemon = True
        held.start()
        return held


class StoppingWorld(app.World):
    """Reach servers through runners that stop."""

    def server(self, host: Host, masker: Masker) -> SshRunner:
        """Give what runs commands on a server."""
        return Stopping(host, masker)


if __name__ == "__main__":
    app.WORLD = StoppingWorld()
    sys.path.insert(0, str(Path.cwd()))
    Program(namespace=import_module("tasks").ns, name="invoke").run(["invoke", *sys.argv[2:]])
