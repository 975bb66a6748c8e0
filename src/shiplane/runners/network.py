"""Whether names and ports of the network answer, and nothing more."""

from __future__ import annotations

import socket
from contextlib import closing
from typing import Protocol

from shiplane.errors import Unreachable
from shiplane.runners.connection import failures


class Network(Protocol):
    """Ask the network."""

    def addresses(self, name: str) -> tuple[str, ...]:
        """Give the addresses of a name; none raises `Unreachable`."""

    def connect(self, host: str, port: int, seconds: float = 2.0) -> None:
        """Connect and hang up; raises `Unreachable` where nothing listens, or nothing answers in time."""

    def host_key(self, host: str, port: int, kind: str, seconds: float = 2.0) -> str:
        """Ask an SSH server for its host key, of this kind where it has one; raises `Unreachable`.

        It is given as `known_hosts` has it: kind and key.
        """


def _is_of(algorithm: str, kind: str) -> bool:
    """Tell whether a server signs so with a key of a kind: for one of RSA there are several ways."""
    return algorithm == kind or (kind == "ssh-rsa" and algorithm.startswith("rsa-sha2-"))


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

    def host_key(self, host: str, port: int, kind: str, seconds: float = 2.0) -> str:
        """Say who we are to an SSH server and hear who it is, no more; see `Network.host_key`."""
        from paramiko import Transport  # noqa: PLC0415 - slow to import, and this question alone needs it

        refusals: tuple[type[Exception], ...] = (*failures(), UnicodeError, OverflowError)
        try:
            with socket.create_connection((host, port), seconds) as sock, closing(Transport(sock)) as transport:
                transport.banner_timeout = seconds
                options = transport.get_security_options()
                known = options.key_types
                options.key_types = sorted(known, key=lambda one: not _is_of(one, kind))
                transport.start_client(timeout=seconds)
                key = transport.get_remote_server_key()
        except refusals as error:
            raise Unreachable(f"{host}:{port} shows no host key: {error}", "check that its sshd is up") from error
        return f"{key.get_name()} {key.get_base64()}"
