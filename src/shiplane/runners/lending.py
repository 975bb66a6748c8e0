"""A registry of this machine that a server sees at a port of its own, through the SSH connection that is there anyway.

The server may read it: what writes is refused, for releases are published here and nowhere else.
"""

from __future__ import annotations

import contextlib
import socket
import threading
from typing import TYPE_CHECKING

from shiplane.errors import Unreachable
from shiplane.runners.base import now
from shiplane.runners.connection import failures
from shiplane.runners.reading import REFUSED, NotReading, Questions

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from paramiko import Channel, Transport

    from shiplane.model import Host

_ADDRESS = "127.0.0.1"
_CONNECT_SECONDS = 5.0
_CHUNK = 65536
_LINGER_SECONDS = 2.0


@contextlib.contextmanager
def lent(transport: Transport, port: int, host: Host) -> Iterator[None]:
    """Let what connects to the server's own loopback `port` read ours; raises `Unreachable` where it must not."""

    def carry(channel: Channel, _from: tuple[str, int], _to: tuple[str, int]) -> None:
        # Called by the thread that reads the whole connection, which must not wait.
        threading.Thread(target=_carry, args=(channel, port), name="lent", daemon=True).start()

    try:
        transport.request_port_forward(_ADDRESS, port, carry)
    except failures() as error:
        raise Unreachable(
            f"{host.name} does not let us lend it port {port}: {str(error) or type(error).__name__}",
            "see that nothing there uses the port (another deploy?), and AllowTcpForwarding in its sshd_config",
        ) from error
    try:
        yield
    finally:
        with contextlib.suppress(Exception):
            transport.cancel_port_forward(_ADDRESS, port)


def _carry(channel: Channel, port: int) -> None:
    """Hand on questions and their answers until both have ended; where nothing listens here, the channel ends."""
    asked = Questions()
    with (
        contextlib.closing(channel),
        contextlib.suppress(OSError),
        socket.create_connection((_ADDRESS, port), _CONNECT_SECONDS) as sock,
    ):
        sock.settimeout(None)
        back = (sock.recv, channel.sendall, channel.shutdown_write)
        other = threading.Thread(target=_pump, args=back, name="lent-back", daemon=True)
        other.start()
        try:
            _pump(channel.recv, lambda data: sock.sendall(asked.take(data)), lambda: sock.shutdown(socket.SHUT_WR))
        except NotReading:
            _refuse(channel)
            sock.shutdown(socket.SHUT_RDWR)
        other.join()


def _refuse(channel: Channel) -> None:
    """Say no, and hear what else is said: an end in the midst of it would take the answer along."""
    end = now() + _LINGER_SECONDS
    with contextlib.suppress(*failures()):
        channel.sendall(REFUSED)
        channel.shutdown_write()
        while (left := end - now()) > 0:
            channel.settimeout(left)
            if not channel.recv(_CHUNK):
                return


def _pump(take: Callable[[int], bytes], give: Callable[[bytes], object], end: Callable[[], object]) -> None:
    with contextlib.suppress(*failures()):
        while data := take(_CHUNK):
            give(data)
    with contextlib.suppress(*failures()):
        end()
