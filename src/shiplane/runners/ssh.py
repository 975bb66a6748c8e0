"""Commands on a server, over one SSH connection whose host key is pinned."""

from __future__ import annotations

import contextlib
import threading
from typing import TYPE_CHECKING, Self

from shiplane.commands.shell import shell_text
from shiplane.errors import ConnectionLost, TimeLimit, Unreachable
from shiplane.runners.base import Cancel, Completed, Masker, now
from shiplane.runners.channel import PID, Session
from shiplane.runners.connection import Link, connect, failures
from shiplane.runners.heartbeat import Rhythm

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager
    from types import TracebackType

    from paramiko import Channel

    from shiplane.model import Command, Host

_POLL_SECONDS = 0.1
_KILL_SECONDS = 10.0
_JUST_NOW_SECONDS = 1.5
_CLOSE_SECONDS = 1.0
# Longer than it takes to see that a connection is gone: then it is told as that.
_OPEN_SECONDS = 30.0


class SshRunner:
    """Run commands on `host` in the user's home folder; connects at the first command and again after a loss.

    Several threads may run commands at once, each in a channel of its own (a server allows ten by default). `sent`
    lists what was sent, masked: one round trip each.
    """

    def __init__(self, host: Host, masker: Masker | None = None, rhythm: Rhythm | None = None) -> None:
        self.host = host
        self.masker = masker or Masker()
        self._rhythm = rhythm or Rhythm()
        self.sent: list[str] = []
        self._guard = threading.Lock()
        self._link: Link | None = None
        self._failed: Unreachable | None = None
        self._failed_at = 0.0

    def run(
        self,
        command: Command,
        *,
        on_line: Callable[[str], None] | None = None,
        cancel: Cancel | None = None,
    ) -> Completed:
        """Run to the end; see `Runner.run`.

        A connection that cannot be made raises `Unreachable`: nothing was begun. One that ends later `ConnectionLost`.
        """
        self.masker.add(*command.secrets())
        started = now()
        link = self._connected()
        line = _started_by(shell_text(command))
        channel = self._open(link, command, lambda channel: channel.exec_command(line))
        session = Session(channel, shell_input(command), self.masker, on_line)
        try:
            while not session.step(_POLL_SECONDS):
                _check(command, now() - started, cancel)
        except BaseException:
            self._kill(session.pid)
            raise
        finally:
            session.close()
        if session.exit_code < 0:
            raise ConnectionLost(*self._lost(link, command))
        if not session.pid:
            raise self._not_started(session)
        return Completed(session.exit_code, session.text(1), session.text(0), now() - started)

    def attach(self, command: Command, *, terminal: bool) -> int:
        """Run a command with this process's own streams and give its exit code; see `Attaching`."""
        from shiplane.runners.attached import Attachment, attached_line, begin  # noqa: PLC0415 - few commands attach

        line, link = attached_line(command), self._connected()
        channel = self._open(link, command, lambda channel: begin(channel, line, terminal=terminal))
        attachment = Attachment(channel, terminal=terminal)
        try:
            code = attachment.run()
        except BaseException:
            self._kill(attachment.pid)
            raise
        finally:
            attachment.close()
        if code < 0:
            raise ConnectionLost(*self._lost(link, command))
        return code

    def lend(self, port: int) -> AbstractContextManager[None]:
        """Let the server see a port of this machine as its own for a while; see `lending.lent`."""
        from shiplane.runners.lending import lent  # noqa: PLC0415 - few deploys need it

        return lent(self._connected().transport, port, self.host)

    def connect(self) -> None:
        """Connect before there is a command; whoever has one right after a failure hears of that one."""
        self._connected()

    def close(self) -> None:
        """End the connection; one that is not there yet, for the server is silent, ends with this process."""
        if not self._guard.acquire(timeout=_CLOSE_SECONDS):
            return
        try:
            self._drop()
            self._failed = None
        finally:
            self._guard.release()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _open(self, link: Link, command: Command, begin: Callable[[Channel], None]) -> Channel:
        """Open a channel and let `begin` start the command in it."""
        self.sent.append(command.masked())
        try:
            channel = link.transport.open_session(timeout=_OPEN_SECONDS)
            begin(channel)
        except failures() as error:
            # Other threads have channels in this connection: it ends only when it is dead.
            if link.is_connected:
                raise self._refused_channel(command, error) from error
            raise Unreachable(*self._lost(link, command)) from error
        return channel

    def _connected(self) -> Link:
        with self._guard:
            if self._link is None or not self._link.is_connected:
                self._drop()
                self._link = self._connect()
            return self._link

    def _connect(self) -> Link:
        """Connect; whoever asks right after an attempt that failed, or waited for it meanwhile, hears of that one."""
        if self._failed is not None and now() - self._failed_at < _JUST_NOW_SECONDS:
            raise self._failed
        try:
            return connect(self.host, self._rhythm)
        except Unreachable as error:
            self._failed, self._failed_at = error, now()
            raise

    def _drop(self) -> None:
        if self._link is not None:
            with contextlib.suppress(Exception):
                self._link.close()
        self._link = None

    def _kill(self, pid: int) -> None:
        """End the remote process with its children: sshd made it the leader of a session of its own."""
        if not pid:
            return
        line = f"kill -TERM -- -{pid}; for i in $(seq 50); do kill -0 -- -{pid} || exit 0; sleep 0.1; done; "
        with contextlib.suppress(Exception):
            channel = self._connected().transport.open_session(timeout=_KILL_SECONDS)
            channel.settimeout(_KILL_SECONDS)
            channel.exec_command(f"exec bash -c '{line}kill -KILL -- -{pid}' 2>/dev/null")
            channel.recv(1)
            channel.close()

    def _lost(self, link: Link, command: Command) -> tuple[str, str]:
        silence = f" (nothing was heard for {link.silent_seconds:.0f} s)" if link.silent_seconds else ""
        return (
            f"the connection to {self.host.place} was lost{silence} while: {command.masked()}",
            "check the network and the server, then run the same command again",
        )

    def _refused_channel(self, command: Command, error: Exception) -> Unreachable:
        return Unreachable(
            f"{self.host.name} opens no channel ({str(error) or type(error).__name__}) for: {command.masked()}",
            "see MaxSessions in its sshd_config (10 by default) and its load, then run the same command again",
        )

    def _not_started(self, session: Session) -> Unreachable:
        said = [*session.greeting, *session.text(0).splitlines()]
        told = f"; it said: {said[-1]}" if said else ""
        return Unreachable(
            f"{self.host.name} did not start bash for user {self.host.user!r}{told}",
            "see that bash is installed there and that the account's start files (.bashrc) do not end the shell",
            said[-30:],
        )


def _check(command: Command, seconds: float, cancel: Cancel | None) -> None:
    if cancel is not None:
        cancel.check()
    if command.timeout and seconds > command.timeout:
        raise TimeLimit(command.argv[0], command.timeout, command.masked())


def _started_by(text: str) -> str:
    """Give what sshd runs: it takes the shell text from standard input, so that no process list shows it."""
    # `head` leaves what follows to the command.
    return f"exec bash -c 'echo {PID}$$; s=$(head -c {len(text.encode())}); eval \"$s\"'"


def shell_input(command: Command) -> bytes:
    """Give all that goes to standard input: the shell text, then what the command reads."""
    return (shell_text(command) + (command.input_text() or "")).encode()
