"""Notice that a connection is gone, where TCP does not tell."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from paramiko import Transport


@dataclass(frozen=True, slots=True)
class Rhythm:
    """Set, in ticks of `tick` seconds, after which silence the server is asked and after which it counts as gone."""

    tick: float = 1.0
    ask: int = 3
    lost: int = 12


class Heard:
    """Pass a socket (or a jump host's channel) on to Paramiko and count what comes out of it."""

    def __init__(self, sock: Any) -> None:  # noqa: ANN401 - a socket or what behaves as one
        self._sock = sock
        self._closed = False
        self.count = 0

    def recv(self, size: int) -> bytes:
        """Receive; whatever comes is a sign of life."""
        data: bytes = self._sock.recv(size)
        self.count += 1
        return data

    def close(self) -> None:
        """Close the socket; Paramiko looks at `_closed`, which a channel does not have."""
        self._closed = True
        self._sock.close()

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - the socket's own
        return getattr(self._sock, name)


class Heartbeat:
    """Ask a silent server for a sign of life, and close the connection where none comes.

    A port publisher or a router between us acknowledges for a server that is gone, so neither TCP's keepalive nor
    its time limits see it. Any byte from the server counts, for an answer may wait behind a long upload. Silence is
    counted in our own ticks: a process that was stopped for a minute has not waited for a minute.
    """

    def __init__(self, transport: Transport, heard: Heard, rhythm: Rhythm) -> None:
        self.silent_seconds = 0.0
        self._transport = transport
        self._heard = heard
        self._rhythm = rhythm
        self._wake = threading.Event()
        self._ended = threading.Event()

    def start(self) -> None:
        """Begin: one thread watches and never blocks, the other asks, which may block."""
        for name, work in (("ssh-watch", self._watch), ("ssh-ask", self._ask)):
            threading.Thread(target=work, name=name, daemon=True).start()

    def stop(self) -> None:
        """End both threads."""
        self._ended.set()
        self._wake.set()

    def _watch(self) -> None:
        silent, count = 0, self._heard.count
        while not self._ended.wait(self._rhythm.tick):
            silent = silent + 1 if count == self._heard.count else 0
            count = self._heard.count
            if silent >= self._rhythm.lost:
                self.silent_seconds = silent * self._rhythm.tick
                self._transport.close()
            if not self._transport.is_active():
                return self.stop()
            if silent >= self._rhythm.ask:
                self._wake.set()
        return None

    def _ask(self) -> None:
        from paramiko import SSHException  # noqa: PLC0415 - slow to import

        while self._wake.wait() and not self._ended.is_set():
            self._wake.clear()
            # Refused or granted, it is an answer. Returns without one when the connection is closed.
            try:
                self._transport.global_request("keepalive@openssh.com", wait=True)
            except (SSHException, OSError, EOFError):
                return
