"""Opening an SSH connection: through jump hosts, to pinned host keys alone, watched by a heartbeat."""

from __future__ import annotations

import logging
import socket
import threading
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from shiplane.errors import HostKeyChanged, HostKeyMissing, HostKeysUnreadable, Unreachable
from shiplane.runners.heartbeat import Heard, Heartbeat

if TYPE_CHECKING:
    from fabric import Connection  # type: ignore[import-untyped]
    from paramiko import HostKeys, PKey, Transport

    from shiplane.model import Host
    from shiplane.runners.heartbeat import Rhythm

CONNECT_SECONDS = 10.0
_SSH_PORT = 22
_SHOWN = 60
# Paramiko writes what it raises to standard error too, with a traceback, where nobody has said otherwise.
logging.getLogger("paramiko").addHandler(logging.NullHandler())


def failures() -> tuple[type[Exception], ...]:
    """Name what Paramiko and sockets raise where a connection ends or does not come about.

    Whoever is sending when a connection ends hears of it by EOFError.
    """
    from paramiko import SSHException  # noqa: PLC0415 - slow to import, and not every command needs a server

    return SSHException, OSError, EOFError


def import_ahead() -> None:
    """Import what a connection needs while something else goes on: it takes a quarter of a second."""
    threading.Thread(target=import_module, args=("fabric",), name="import", daemon=True).start()


class Link:
    """Hold one connection, with the connections to its jump hosts that carry it.

    The heartbeat of the last one watches over all: its signs of life come through the others.
    """

    def __init__(self, connection: Connection, heard: Heard, below: Link | None) -> None:
        self._connection = connection
        self._heard = heard
        self._below = below
        self._heartbeat: Heartbeat | None = None

    def watch(self, rhythm: Rhythm) -> None:
        """Begin to notice that the server is gone."""
        self._heartbeat = Heartbeat(self.transport, self._heard, rhythm)
        self._heartbeat.start()

    @property
    def transport(self) -> Transport:
        """Give what opens channels."""
        return cast("Transport", self._connection.transport)

    @property
    def is_connected(self) -> bool:
        """Tell whether the connection lives, as far as is known."""
        return self.transport.is_active()

    @property
    def silent_seconds(self) -> float:
        """Give the silence that ended the connection; 0 where something else did."""
        return self._heartbeat.silent_seconds if self._heartbeat else 0.0

    def close(self) -> None:
        """End the connection, its heartbeat and what carried it."""
        if self._heartbeat:
            self._heartbeat.stop()
        self.transport.close()
        _release(self._connection, None, self._below)


def connect(host: Host, rhythm: Rhythm) -> Link:
    """Open a connection and watch it; raises `HostKeyChanged`, `HostKeyMissing` or `Unreachable`."""
    link = _linked(host)
    link.watch(rhythm)
    return link


def _linked(host: Host) -> Link:
    below = _linked(host.jump) if host.jump else None
    heard = connection = None
    try:
        connection = _prepare(host)
        heard = Heard(_reach(host, below))
        connection.connect_kwargs["sock"] = heard
        _open(connection, host)
    except BaseException:
        _release(connection, heard, below)
        raise
    return Link(connection, heard, below)


def _prepare(host: Host) -> Connection:
    from fabric import Config, Connection  # noqa: PLC0415 - slow to import

    connection = Connection(
        host.address,
        user=host.user,
        port=host.port,
        # What ssh's configuration says has become part of the host.
        config=Config(overrides={"load_ssh_configs": False}),
        connect_timeout=CONNECT_SECONDS,
        connect_kwargs=_keys(host),
    )
    _pin(connection.client, host)
    return connection


def _keys(host: Host) -> dict[str, object]:
    # A public one names a key of the agent.
    private = [path for path in host.identities if Path(path).is_file() and not path.endswith(".pub")]
    return {
        "key_filename": host.key_file or private,
        "allow_agent": host.agent and not host.key_file,
        "look_for_keys": False,
        "banner_timeout": CONNECT_SECONDS,
        "auth_timeout": CONNECT_SECONDS,
    }


def _pin(client: Any, host: Host) -> None:  # noqa: ANN401 - Paramiko's SSHClient, with what it keeps private
    """Let the client know the host's pinned keys, and refuse every other."""
    from paramiko import RejectPolicy  # noqa: PLC0415 - slow to import

    # Fabric has loaded the account's known_hosts: Paramiko has no public way to forget them.
    client._system_host_keys.clear()  # noqa: SLF001
    client.set_missing_host_key_policy(RejectPolicy())
    known = client.get_host_keys()
    known.clear()
    for kind, key in pinned_keys(host):
        # Under the name by which Paramiko will ask.
        known.add(host.address if host.port == _SSH_PORT else f"[{host.address}]:{host.port}", kind, key)


def pinned_keys(host: Host) -> list[tuple[str, PKey]]:
    """Give the pinned keys of a host with their kinds; raises `HostKeyMissing` and `HostKeysUnreadable`."""
    named = host.pinned_as or host.address
    name = named if host.port == _SSH_PORT or host.pinned_as else f"[{named}]:{host.port}"
    files = [file for file in (host.known_hosts, *host.more_known_hosts) if Path(file).is_file()]
    found = [entry for file in files for entry in (_pinned(file).lookup(name) or {}).items()]
    if not found:
        raise HostKeyMissing(name, host.address, host.port, host.known_hosts, host.jump.place if host.jump else "")
    return found


def _pinned(file: str) -> HostKeys:
    from paramiko import HostKeys  # noqa: PLC0415 - slow to import
    from paramiko.hostkeys import InvalidHostKey  # noqa: PLC0415 - slow to import

    try:
        return HostKeys(file)
    except InvalidHostKey as error:
        raise HostKeysUnreadable(file, f"{error.exc} in the line {error.line[:_SHOWN]!r}") from error
    except (OSError, ValueError) as error:
        raise HostKeysUnreadable(file, str(error)) from error


def _reach(host: Host, below: Link | None) -> Any:  # noqa: ANN401 - a socket or a channel
    if below is None:
        try:
            sock = socket.create_connection((host.address, host.port), CONNECT_SECONDS)
        except (OSError, UnicodeError, OverflowError) as error:  # no name has such letters, no port such a number
            raise _silent(host, error) from error
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return sock
    try:
        place = (host.address, host.port)
        return below.transport.open_channel("direct-tcpip", place, ("127.0.0.1", 0), timeout=CONNECT_SECONDS)
    except failures() as error:
        raise _not_passed_on(host, error) from error


def _open(connection: Connection, host: Host) -> None:
    from paramiko import AuthenticationException, BadHostKeyException  # noqa: PLC0415 - slow to import

    try:
        connection.open()
    except BadHostKeyException as error:
        raise HostKeyChanged(host.place, host.known_hosts) from error
    except AuthenticationException as error:
        raise _refused(host, error) from error
    except failures() as error:
        raise _silent(host, error) from error
    except (ValueError, AssertionError) as error:  # by which Paramiko tells of a damaged file
        raise _unreadable(host, error) from error


def _release(connection: Connection | None, heard: Heard | None, below: Link | None) -> None:
    if connection is not None:
        connection.client.close()
    if heard is not None:
        heard.close()
    if below is not None:
        below.close()


_NO_AGENT = "let ssh-agent be asked (IdentitiesOnly no for this host in the ssh configuration)"


def _refused(host: Host, error: Exception) -> Unreachable:
    from paramiko import PasswordRequiredException  # noqa: PLC0415 - slow to import

    if isinstance(error, PasswordRequiredException):
        cause = f"the SSH key {host.key_file or 'of ' + host.name} is locked by a passphrase"
        if not host.key_file and not host.agent:
            return Unreachable(cause, f"{_NO_AGENT}, or give a key without one")
        return Unreachable(cause, "add it to ssh-agent and leave SSH_PRIVATE_KEY unset, or give a key without one")
    keys = host.key_file or "one of your keys (in ssh-agent or among the IdentityFiles of the ssh configuration)"
    return Unreachable(
        f"{host.place} refuses the key of user {host.user!r}",
        f"add the public key of {keys} to ~{host.user}/.ssh/authorized_keys there",
    )


def _silent(host: Host, error: Exception) -> Unreachable:
    if isinstance(error, FileNotFoundError) or "private key" in str(error).lower():
        return _unreadable(host, error)
    if "No authentication methods" in str(error):
        others = "load one into ssh-agent" if host.agent else _NO_AGENT
        return Unreachable(
            f"there is no SSH key for {host.place}",
            f"set SSH_PRIVATE_KEY, {others}, or name an IdentityFile in the ssh configuration",
        )
    said = "it sends no greeting" if str(error) == "No existing session" else str(error) or type(error).__name__
    return Unreachable(
        f"{host.place} does not answer: {said}",
        "check that the server is up and that its address, port and the VPN are right",
    )


def _unreadable(host: Host, error: Exception) -> Unreachable:
    keys = host.key_file or ", ".join(host.identities)
    return Unreachable(
        f"the SSH key {keys} for {host.name} cannot be read: {str(error) or 'it is damaged'}",
        "set the key's path in the configuration, or write the secret SSH_PRIVATE_KEY to it",
    )


def _not_passed_on(host: Host, error: Exception) -> Unreachable:
    through = host.jump.place if host.jump else ""
    return Unreachable(
        f"{host.place} cannot be reached through {through}: {str(error) or type(error).__name__}",
        "see that the address is right as seen from there, and that its sshd allows it (AllowTcpForwarding)",
    )
