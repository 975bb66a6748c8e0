"""Whether names and ports of the network answer, and nothing more."""

from __future__ import annotations

import socket
from typing import Protocol

from shiplane.errors import Unreachable


class Network(Protocol):
    """Ask the network."""

    def addresses(self, name: str) -> tuple[str, ...]:
        """Give the addresses of a name; none raises `Unreachable`."""

    def connect(self, host: str, port: int, seconds: float = 2.0) -> None:
        """Connect and hang up; raises `Unreachable` where nothing listens, or nothing answers in time."""


class NetworkRunner:
    """Ask by the system's own resolver and sockets."""

    def addresses(self, name: str) -> tuple[str, ...]:
        """Resolve a name; see `Network.addresses`."""
        try:
            found = socket.getaddrinfo(name, None, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            why = getattr(error, "strerror", None) or str(error)
            raise Unreachable(f"{name} has no address: {why}", "check its spelling, and /etc/resolv.conf") from error
        return tuple(dict.fromkeys(str(entry[4][0]) for entry in found))

    def connect(self, host: str, port: int, seconds: float = 2.0) -> None:
        """Connect and hang up; see `Network.connect`."""
        try:
            socket.create_connection((host, port), seconds).close()
        except (OSError, UnicodeError, OverflowError) as error:
            why = getattr(error, "strerror", None) or str(error)
            raise Unreachable(
                f"{host}:{port} does not answer: {why}", "check the address, and that it is up"
            ) from error
