"""Ports of this machine: such as nothing holds, and one that is held."""

from __future__ import annotations

import contextlib
import socket


def free_ports(count: int) -> list[int]:
    """Give ports of 127.0.0.1, each another one."""
    sockets = [socket.socket() for _ in range(count)]
    try:
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]
    finally:
        for each in sockets:
            each.close()


def held_port(port: int) -> socket.socket:
    """Hold a port of 127.0.0.1, unless somebody else does already."""
    holder = socket.socket()
    holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    with contextlib.suppress(OSError):
        holder.bind(("127.0.0.1", port))
        holder.listen()
    return holder
