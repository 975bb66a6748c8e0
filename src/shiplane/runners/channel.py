"""One command in one SSH channel: bytes in, lines out, the end."""

from __future__ import annotations

import contextlib
import select
from typing import TYPE_CHECKING

from shiplane.runners.base import now
from shiplane.runners.connection import failures

if TYPE_CHECKING:
    from collections.abc import Callable

    from paramiko import Channel

    from shiplane.runners.base import Masker

PID = "shiplane-pid:"
"""Marks the line that tells the process id: an account's start files may print lines before it."""

_CHUNK = 32768
_KILLED = 137
_STREAMS_SECONDS = 0.5
_KEPT_GREETING = 20
_KEPT_BYTES = 4 * 2**20  # as for local processes


class Wire:
    """Move bytes through a channel; nothing here raises.

    A connection that fails in the middle of a packet is ended: then the end of the command tells that it was lost.
    """

    def __init__(self, channel: Channel) -> None:
        self._channel = channel

    def send(self, data: bytes) -> int:
        """Send what fits and say how much it was; -1 where nobody reads any more."""
        try:
            return self._channel.send(data)
        except OSError:  # the command ended without reading everything
            return -1
        except failures():
            self._hang_up()
            return -1

    def end(self) -> None:
        """Send the end of standard input."""
        try:
            self._channel.shutdown_write()
        except failures():
            self._hang_up()

    def receive(self, *, errors: bool = False) -> bytes:
        """Take what came on standard output (or of the errors); empty at its end."""
        try:
            return self._channel.recv_stderr(_CHUNK) if errors else self._channel.recv(_CHUNK)
        except failures():
            self._hang_up()
            return b""

    def resize(self, columns: int, lines: int) -> None:
        """Tell the command's terminal its size; one that has ended has none."""
        with contextlib.suppress(*failures()):
            self._channel.resize_pty(columns, lines)

    def close(self) -> None:
        """End the channel; a process that still runs sees its streams end."""
        with contextlib.suppress(*failures()):
            self._channel.close()

    def _hang_up(self) -> None:
        self._channel.get_transport().close()


class Session:
    """Move bytes between a channel and us; `greeting` is what came before the line with the process id."""

    def __init__(self, channel: Channel, text: bytes, masker: Masker, on_line: Callable[[str], None] | None) -> None:
        self.pid = 0
        self.exit_code = -1
        self.greeting: list[str] = []
        self._channel = channel
        self._wire = Wire(channel)
        self._pending = memoryview(text)
        self._masker = masker
        self._on_line = on_line
        self._partial = [b"", b""]
        self._kept: tuple[list[str], list[str]] = ([], [])
        self._size = 0
        self._exited_at = 0.0

    def step(self, seconds: float) -> bool:
        """Move bytes for up to `seconds`; tell whether the command and its streams have ended."""
        self._feed()
        # Read before the streams: what comes after the end was seen cannot be missed.
        ended = self._ended()
        moved = self._drain()
        if ended and not moved:
            self._finish()
            return True
        if not moved:
            self._wait(0.01 if self._pending else seconds)
        return False

    def _ended(self) -> bool:
        channel = self._channel
        if not channel.exit_status_ready():
            return False
        self._exited_at = self._exited_at or now()
        # A child that keeps the streams open must not hold us once the command itself is gone.
        return bool(channel.eof_received or channel.closed) or now() - self._exited_at > _STREAMS_SECONDS

    def text(self, index: int) -> str:
        """Give what was kept: 0 both streams, masked, 1 stdout as it came."""
        return "\n".join(self._kept[index])

    def close(self) -> None:
        """End the channel; see `Wire.close`."""
        self._wire.close()

    def _wait(self, seconds: float) -> None:
        if self._channel.eof_received:
            # The pipe stays readable after the end of the streams: wait for the status itself.
            self._channel.status_event.wait(min(seconds, 0.02))
        else:
            select.select([self._channel], [], [], seconds)

    def _feed(self) -> None:
        while self._pending and self._channel.send_ready():
            sent = self._wire.send(self._pending[:_CHUNK].tobytes())
            if sent < 0:
                self._pending = self._pending[:0]
                return
            self._pending = self._pending[sent:]
            if not self._pending:
                self._wire.end()

    def _drain(self) -> bool:
        moved = False
        while self._channel.recv_ready():
            self._take(0, self._wire.receive())
            moved = True
        while self._channel.recv_stderr_ready():
            self._take(1, self._wire.receive(errors=True))
            moved = True
        return moved

    def _take(self, stream: int, data: bytes) -> None:
        *lines, self._partial[stream] = (self._partial[stream] + data).split(b"\n")
        for line in lines:
            self._keep(line, stream)

    def _keep(self, raw: bytes, stream: int) -> None:
        if not self.pid and stream == 0:
            self._greet(raw)
            return
        said = raw.decode(errors="replace").rstrip("\r")
        line = self._masker.mask(said)
        self._kept[0].append(line)
        if stream == 0:
            self._kept[1].append(said)
        self._size += len(line) + 1
        if self._size > _KEPT_BYTES:
            self._forget()
        if self._on_line is not None:
            self._on_line(line)

    def _greet(self, raw: bytes) -> None:
        # A greeting without an end of line stands before the mark on the same line.
        line = raw.decode(errors="replace").rstrip("\r")
        _, marked, pid = line.rpartition(PID)
        if marked and pid.isdecimal():
            self.pid = int(pid)
        else:
            self.greeting = [*self.greeting, self._masker.mask(line)][-_KEPT_GREETING:]

    def _forget(self) -> None:
        for kept in self._kept:
            del kept[: len(kept) // 2]
        self._size = sum(len(line) + 1 for line in self._kept[0])

    def _finish(self) -> None:
        for stream, rest in enumerate(self._partial):
            if rest:
                self._keep(rest, stream)
        self._partial = [b"", b""]
        self.exit_code = self._channel.exit_status
        transport = self._channel.get_transport()
        if self.exit_code < 0 and transport.is_active():
            self.exit_code = _KILLED  # SSH tells a signal by another message, which Paramiko drops
