"""What stands between a client and a registry, and answers in its place when it is told to."""

from __future__ import annotations

import socket
import threading
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_TLS = b"\x16"
"""Begins what a client says who tries TLS first; an answer without it lets the Docker client do without too."""
CUT = b""
"""An answer that is none: the connection ends."""


def answer(status: str, *headers: str) -> bytes:
    """Give an answer of a registry without a body, such as `429 Too Many Requests`."""
    lines = (f"HTTP/1.1 {status}", "Content-Length: 0", "Connection: close", *headers)
    return "".join(f"{line}\r\n" for line in (*lines, "")).encode()


class Between:
    """Hand connections on to an address, byte for byte, unless a `fault` is set; `address` is its own."""

    def __init__(self, behind: str) -> None:
        host, _, port = behind.rpartition(":")
        self._behind = (host, int(port))
        self._fault: bytes | None = None
        self._lock = threading.Lock()
        self._open: set[socket.socket] = set()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self._listener.getsockname()[1]}"
        self.struck = 0
        self.given = 0
        """Bytes that were handed back to clients."""
        threading.Thread(target=self._serve, daemon=True).start()

    def strike(self, fault: bytes) -> None:
        """Answer everything by a fault from now on; what is open ends."""
        with self._lock:
            self._fault, self.struck = fault, 0
            for each in self._open:
                with suppress(OSError):
                    each.shutdown(socket.SHUT_RDWR)

    def heal(self) -> None:
        """Hand on again."""
        with self._lock:
            self._fault = None

    def close(self) -> None:
        """End it all."""
        self._listener.close()
        self.strike(CUT)

    def _count(self, size: int) -> None:
        with self._lock:
            self.given += size

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                threading.Thread(target=self._handle, args=(client,), daemon=True).start()

    def _handle(self, client: socket.socket) -> None:
        with client, suppress(OSError):
            head = b""
            while b"\r\n\r\n" not in head:
                piece = client.recv(65536)
                if not piece:
                    return
                head += piece
                if head.startswith(_TLS):
                    _say(client, answer("400 Bad Request"))
                    return
            with self._lock:
                fault = self._fault
                self.struck += fault is not None
            if fault is None:
                self._hand_on(client, head)
            elif fault:
                _say(client, fault)

    def _hand_on(self, client: socket.socket, head: bytes) -> None:
        with socket.create_connection(self._behind) as server:
            with self._lock:
                self._open |= {client, server}
            try:
                server.sendall(head)
                back = threading.Thread(target=_pump, args=(server, client, self._count), daemon=True)
                back.start()
                _pump(client, server, lambda _size: None)
                back.join()
            finally:
                with self._lock:
                    self._open -= {client, server}


def _say(client: socket.socket, text: bytes) -> None:
    """Answer, and take what is still being sent: else the client would see a reset in the place of the answer."""
    client.sendall(text)
    client.shutdown(socket.SHUT_WR)
    client.settimeout(5)
    while client.recv(65536):
        pass


def _pump(source: socket.socket, target: socket.socket, count: Callable[[int], None]) -> None:
    with suppress(OSError):
        while piece := source.recv(65536):
            target.sendall(piece)
            count(len(piece))
    with suppress(OSError):
        target.shutdown(socket.SHUT_WR)


@contextmanager
def between(behind: str) -> Iterator[Between]:
    """Stand before an address for a while."""
    made = Between(behind)
    try:
        yield made
    finally:
        made.close()
