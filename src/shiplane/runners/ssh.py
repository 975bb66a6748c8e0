"""Commands on a server, over one SSH connection whose host key is pinned."""

from __future__ import annotations

import contextlib
import shlex
import socket
import threading
from typing import TYPE_CHECKING, Self, cast

from shiplane.errors import HostKeyChanged, HostKeyMissing, TimeLimit, Unreachable
from shiplane.runners.base import Cancel, Completed, Masker, now
from shiplane.runners.channel import PID, Session

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

    from fabric import Connection  # type: ignore[import-untyped]
    from paramiko import Channel, Transport

    from shiplane.model import Command, Host

_CONNECT_SECONDS = 10.0
_KEEPALIVE_SECONDS = 5
_POLL_SECONDS = 0.1
_KILL_SECONDS = 10.0


class SshRunner:
    """Run commands on `host` in the user's home folder; connects at the first command and again after a loss.

    Several threads may run commands at once, each in a channel of its own (a server allows ten by default).
    """

    def __init__(self, host: Host, masker: Masker | None = None) -> None:
        self.host = host
        self.masker = masker or Masker()
        self._guard = threading.Lock()
        self._connection: Connection | None = None

    def run(
        self,
        command: Command,
        *,
        on_line: Callable[[str], None] | None = None,
        cancel: Cancel | None = None,
    ) -> Completed:
        """Run to the end; see `Runner.run`. A connection that cannot be made or is lost raises `Unreachable`."""
        self.masker.add(*command.secrets())
        started = now()
        session = Session(self._open(command), shell_input(command), self.masker, on_line)
        try:
            while not session.step(_POLL_SECONDS):
                _check(command, now() - started, cancel)
        except BaseException:
            self._kill(session.pid)
            raise
        finally:
            session.close()
        if session.exit_code < 0:
            raise self._lost(command)
        if not session.pid:
            raise self._not_started(session)
        return Completed(session.exit_code, session.text(1), session.text(0), now() - started)

    def close(self) -> None:
        """End the connection."""
        with self._guard:
            self._drop()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _open(self, command: Command) -> Channel:
        from paramiko import SSHException  # noqa: PLC0415 - slow to import, and not every command needs a server

        script, transport = shell_text(command), self._connected()
        try:
            channel = transport.open_session(timeout=_CONNECT_SECONDS)
            # `head` leaves what follows on standard input to the command; the arguments show nothing.
            channel.exec_command(f"exec bash -c 'echo {PID}$$; s=$(head -c {len(script)}); eval \"$s\"'")
        except (SSHException, OSError, EOFError) as error:
            # Other threads have channels in this connection: it ends only when it is dead.
            if transport.is_active():
                raise self._refused_channel(command, error) from error
            self._forget(transport)
            raise self._lost(command) from error
        return channel

    def _connected(self) -> Transport:
        with self._guard:
            if self._connection is None or not self._connection.is_connected:
                self._drop()
                self._connection = connect(self.host)
            return cast("Transport", self._connection.transport)

    def _forget(self, transport: Transport) -> None:
        """Drop a dead connection, unless another thread has made a new one already."""
        with self._guard:
            if self._connection is not None and self._connection.transport is transport:
                self._drop()

    def _drop(self) -> None:
        if self._connection is not None:
            with contextlib.suppress(Exception):
                self._connection.close()
        self._connection = None

    def _kill(self, pid: int) -> None:
        """End the remote process with its children: sshd made it the leader of a session of its own."""
        if not pid:
            return
        line = f"kill -TERM -- -{pid}; for i in $(seq 50); do kill -0 -- -{pid} || exit 0; sleep 0.1; done; "
        with contextlib.suppress(Exception):
            channel = self._connected().open_session(timeout=_KILL_SECONDS)
            channel.settimeout(_KILL_SECONDS)
            channel.exec_command(f"exec bash -c '{line}kill -KILL -- -{pid}' 2>/dev/null")
            channel.recv(1)
            channel.close()

    def _lost(self, command: Command) -> Unreachable:
        return Unreachable(
            f"the connection to {self.host.name} ({self.host.address}:{self.host.port}) was lost"
            f" while: {command.masked()}",
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


def shell_text(command: Command) -> bytes:
    """Make the shell text of a command, the one place where this happens; it holds secrets."""
    lines = [f"export {name}={shlex.quote(value)}" for name, value in command.environment().items()]
    if command.cwd:
        lines.append(f"cd -- {shlex.quote(command.cwd)} || exit 125")
    source = "" if command.stdin is not None else " </dev/null"
    lines.append(f"exec {shlex.join(command.argv)}{source}")
    return "\n".join(lines).encode()


def shell_input(command: Command) -> bytes:
    """Give all that goes to standard input: the shell text, then what the command reads."""
    return shell_text(command) + (command.input_text() or "").encode()


def connect(host: Host) -> Connection:
    """Open a connection; raises `HostKeyChanged`, `HostKeyMissing` or `Unreachable`."""
    from fabric import Config, Connection  # noqa: PLC0415 - slow to import
    from paramiko import AuthenticationException, BadHostKeyException, SSHException  # noqa: PLC0415

    connection = Connection(
        host.address,
        user=host.user,
        port=host.port,
        config=Config(overrides={"load_ssh_configs": False}),
        connect_timeout=_CONNECT_SECONDS,
        connect_kwargs=_only_this_key(host),
    )
    try:
        _pin(connection, host)
        connection.open()
    except BadHostKeyException as error:
        connection.close()
        raise HostKeyChanged(f"{host.name} ({host.address}:{host.port})", host.known_hosts) from error
    except AuthenticationException as error:
        connection.close()
        raise _refused(host) from error
    except (SSHException, OSError, EOFError, ValueError) as error:
        connection.close()
        raise _silent(host, error) from error
    except BaseException:
        connection.close()
        raise
    _tune(connection)
    return connection


def _only_this_key(host: Host) -> dict[str, object]:
    return {
        "key_filename": host.key_file,
        "allow_agent": False,
        "look_for_keys": False,
        "banner_timeout": _CONNECT_SECONDS,
        "auth_timeout": _CONNECT_SECONDS,
    }


def _pin(connection: Connection, host: Host) -> None:
    from paramiko import RejectPolicy  # noqa: PLC0415 - slow to import

    client = connection.client
    client._system_host_keys.clear()  # noqa: SLF001 - Paramiko has no public way
    client.set_missing_host_key_policy(RejectPolicy())
    name = host.address if host.port == 22 else f"[{host.address}]:{host.port}"  # noqa: PLR2004 - SSH's own port
    try:
        client.load_host_keys(host.known_hosts)
    except FileNotFoundError as error:
        raise HostKeyMissing(name, host.address, host.port, host.known_hosts) from error
    if client.get_host_keys().lookup(name) is None:
        raise HostKeyMissing(name, host.address, host.port, host.known_hosts)


def _tune(connection: Connection) -> None:
    transport = connection.transport
    if transport is None:
        return
    transport.set_keepalive(_KEEPALIVE_SECONDS)
    with contextlib.suppress(OSError, AttributeError):  # a jump host's channel is no socket
        transport.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


def _refused(host: Host) -> Unreachable:
    return Unreachable(
        f"{host.name} ({host.address}:{host.port}) refuses the key of user {host.user!r}",
        f"add the public key of {host.key_file} to ~{host.user}/.ssh/authorized_keys there",
    )


def _silent(host: Host, error: Exception) -> Unreachable:
    if isinstance(error, FileNotFoundError) or "private key" in str(error).lower():
        return Unreachable(
            f"the SSH key {host.key_file} for {host.name} cannot be read: {error}",
            "set the key's path in the configuration, or write the secret SSH_PRIVATE_KEY to it",
        )
    return Unreachable(
        f"{host.name} ({host.address}:{host.port}) does not answer: {str(error) or type(error).__name__}",
        "check that the server is up and that its address, port and the VPN are right",
    )
