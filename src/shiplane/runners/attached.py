"""A command on a server with this process's own standard input, output and terminal."""

from __future__ import annotations

import base64
import contextlib
import os
import re
import select
import shlex
import signal
import sys
import termios
import tty
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

from shiplane.errors import UsageError
from shiplane.runners.channel import PID, Wire

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

    from paramiko import Channel

    from shiplane.model import Command

_CHUNK = 32768
_POLL_SECONDS = 0.1
_BLOCKED_SECONDS = 0.01
_LONGEST = 90_000  # Linux takes 128 KiB in one argument; base64 makes four bytes of three
_BEGINNING = re.compile(rb"(?:^|.*?)" + PID.encode() + rb"(\d+)\r?\n", re.DOTALL)
_KILLED = 137


def has_terminal() -> bool:
    """Tell whether both ends of this process are a terminal."""
    return all(os.isatty(fd) for fd in (0, 1))


def attached_line(command: Command) -> str:
    """Give what sshd hands to the account's shell, whichever that is: nothing in it needs quoting by its rules."""
    text = os.fsencode(f"exec {shlex.join(command.argv)}")
    if len(text) > _LONGEST:
        raise UsageError(
            f"the command is {len(text)} bytes long, more than {_LONGEST}", "pass the large part by standard input"
        )
    # Account files may print a greeting: what comes before the mark is not the command's.
    return f"exec bash -c 'echo {PID}$$; eval \"$(echo {base64.b64encode(text).decode()} | base64 -d)\"'"


def begin(channel: Channel, line: str, *, terminal: bool) -> None:
    """Start a line in a channel, in a terminal of its own where ours is one; raises what Paramiko does."""
    if terminal:
        size = os.get_terminal_size(1)
        channel.get_pty(os.environ.get("TERM", "xterm"), size.columns, size.lines)
    channel.exec_command(line)


class Attachment:
    """Move bytes between this process's streams and a channel until the command in it has ended."""

    def __init__(self, channel: Channel, *, terminal: bool) -> None:
        self.pid = 0
        self._channel = channel
        self._wire = Wire(channel)
        self._terminal = terminal
        self._head = b""
        self._reading = True
        self._pending = b""
        self._resized = False

    def run(self) -> int:
        """Go on to the end and give the exit code; -1 where the connection was lost before it."""
        with ExitStack() as stack:
            if self._terminal:
                stack.enter_context(self._resizing())
                stack.enter_context(_raw())
            while not self._ended():
                self._step()
        code = self._channel.exit_status
        if code < 0 and self._channel.get_transport().is_active():
            return _KILLED  # SSH tells a signal by another message, which Paramiko drops
        return code

    def close(self) -> None:
        """End the channel; see `Wire.close`."""
        self._wire.close()

    def _ended(self) -> bool:
        channel = self._channel
        if channel.recv_ready() or channel.recv_stderr_ready():
            return False
        if channel.exit_status_ready():
            return bool(channel.eof_received or channel.closed)
        return bool(channel.closed) or not channel.get_transport().is_active()

    def _step(self) -> None:
        if self._resized:
            self._resized = False
            size = os.get_terminal_size(1)
            self._wire.resize(size.columns, size.lines)
        moved = self._drain() or self._send()
        waiting: list[Channel | int] = [self._channel, *([0] if self._reading and not self._pending else [])]
        seconds = 0.0 if moved else _BLOCKED_SECONDS if self._pending else _POLL_SECONDS
        if self._channel.eof_received:
            # The pipe stays readable after the end of the streams: wait for the status itself.
            self._channel.status_event.wait(_BLOCKED_SECONDS)
        elif 0 in select.select(waiting, [], [], seconds)[0]:
            self._feed()

    def _feed(self) -> None:
        try:
            self._pending = os.read(0, _CHUNK)
        except OSError:  # a terminal that is gone, or a closed standard input
            self._pending = b""
        if not self._pending:
            self._reading = False
            self._wire.end()

    def _send(self) -> bool:
        """Send what fits: the other side may not read on before we have read what it writes."""
        if not self._pending or not self._channel.send_ready():
            return False
        sent = self._wire.send(self._pending)
        if sent < 0:
            self._pending, self._reading = b"", False
        else:
            self._pending = self._pending[sent:]
        return True

    def _drain(self) -> bool:
        moved = False
        while self._channel.recv_ready():
            self._take(self._wire.receive())
            moved = True
        while self._channel.recv_stderr_ready():
            data = self._wire.receive(errors=True)
            if self.pid:
                _write(2, data)
            moved = True
        return moved

    def _take(self, data: bytes) -> None:
        if self.pid:
            _write(1, data)
            return
        self._head += data
        found = _BEGINNING.match(self._head)
        if found:
            self.pid = int(found[1])
            _write(1, self._head[found.end() :])
            self._head = b""

    @contextmanager
    def _resizing(self) -> Iterator[None]:
        def resize(_number: int, _frame: FrameType | None) -> None:
            self._resized = True

        before = signal.signal(signal.SIGWINCH, resize)
        try:
            yield
        finally:
            signal.signal(signal.SIGWINCH, before)


@contextmanager
def _raw() -> Iterator[None]:
    """Let every key go to the command, Ctrl-C too."""
    before = termios.tcgetattr(0)
    try:
        tty.setraw(0)
        yield
    finally:
        termios.tcsetattr(0, termios.TCSADRAIN, before)


def _write(fd: int, data: bytes) -> None:
    stream = sys.stdout if fd == 1 else sys.stderr
    with contextlib.suppress(OSError, ValueError, AttributeError):
        stream.flush()
    while data:
        data = data[os.write(fd, data) :]
