from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from paramiko import AuthenticationException, PasswordRequiredException, SSHException

from shiplane.errors import HostKeyMissing, HostKeysUnreadable, Unreachable
from shiplane.model import Host
from shiplane.runners.connection import connect
from shiplane.runners.heartbeat import Rhythm


class Sock:
    closed = False

    def setsockopt(self, *_words: int) -> None:
        pass

    def close(self) -> None:
        self.closed = True


@pytest.fixture
def host(tmp_path: Path) -> Host:
    known = tmp_path / "known_hosts"
    known.write_text(
        "[192.0.2.1]:2222 ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQ\n"
    )
    return Host("staging", "192.0.2.1", 2222, "deploy", str(tmp_path / "key"), str(known))


@pytest.mark.parametrize(("address", "port"), [("192.0.2.2", 2222), ("192.0.2.1", 22)])
def test_a_host_that_is_not_pinned_is_not_even_asked(host: Host, address: str, port: int) -> None:
    other = Host(host.name, address, port, host.user, host.key_file, host.known_hosts)
    name = "192.0.2.1" if port == 22 else "[192.0.2.2]:2222"
    with pytest.raises(HostKeyMissing) as caught:
        connect(other, Rhythm())
    assert caught.value.cause == f"no host key is pinned for {name} in {host.known_hosts}"
    assert caught.value.fix.startswith(f"add its line: ssh-keyscan -p {port} {address}, compared with")
    assert caught.value.exit_code == 4


def test_a_missing_file_of_pinned_keys(host: Host) -> None:
    other = Host(host.name, host.address, host.port, host.user, host.key_file, "/nowhere/known_hosts")
    with pytest.raises(HostKeyMissing, match=r"no host key is pinned for .* in /nowhere/known_hosts"):
        connect(other, Rhythm())


@pytest.mark.parametrize(
    ("error", "cause", "fix"),
    [
        (FileNotFoundError(2, "No such file", "/key"), "the SSH key .* cannot be read", "SSH_PRIVATE_KEY"),
        (TimeoutError("timed out"), r"staging \(192.0.2.1:2222\) does not answer: timed out", "check that the server"),
        (EOFError(), "does not answer: EOFError", "check that the server"),
        (ValueError("Invalid private key"), "the SSH key .*/key for staging cannot be read: Inv", "SSH_PRIVATE_KEY"),
        (AssertionError(), "the SSH key .*/key for staging cannot be read: it is damaged", "SSH_PRIVATE_KEY"),
        (SSHException("No existing session"), "does not answer: it sends no greeting", "check that the server"),
        (SSHException("No authentication methods available"), r"there is no SSH key for staging \(192", "ssh-agent"),
        (PasswordRequiredException("locked"), "the SSH key .*/key is locked by a passphrase", "add it to ssh-agent"),
        (AuthenticationException(), r"staging \(192.0.2.1:2222\) refuses the key of user 'deploy'", "authorized_keys"),
    ],
)
def test_what_goes_wrong_on_the_way(
    host: Host, monkeypatch: pytest.MonkeyPatch, error: Exception, cause: str, fix: str
) -> None:
    def fail(_connection: Any) -> None:  # noqa: ANN401 - Fabric has no types
        raise error

    sock = Sock()
    monkeypatch.setattr("shiplane.runners.connection.socket.create_connection", lambda _place, _seconds: sock)
    monkeypatch.setattr("fabric.Connection.open", fail)
    with pytest.raises(Unreachable, match=cause) as caught:
        connect(host, Rhythm())
    assert sock.closed
    assert fix in caught.value.fix


@pytest.mark.parametrize(
    "error",
    [UnicodeError("label empty or too long"), OverflowError("port must be 0-65535."), OSError(111, "it is refused")],
)
def test_an_address_that_leads_nowhere(host: Host, monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    def refuse(_place: tuple[str, int], _seconds: float) -> None:
        raise error

    monkeypatch.setattr("shiplane.runners.connection.socket.create_connection", refuse)
    with pytest.raises(Unreachable, match=rf"2222\) does not answer: {re.escape(str(error))}"):
        connect(host, Rhythm())


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (b"192.0.2.1 ssh-ed25519 AAA\n", "Incorrect padding.* in the line '192.0.2.1 ssh-ed25519 AAA'"),
        (b"192.0.2.1 ssh-ed25519 \xff\n", "can't decode byte 0xff"),
    ],
)
def test_pinned_keys_that_cannot_be_read(host: Host, text: bytes, said: str) -> None:
    Path(host.known_hosts).write_bytes(text)
    with pytest.raises(HostKeysUnreadable, match=rf"pinned host keys in .*known_hosts cannot be read: .*{said}"):
        connect(host, Rhythm())


def test_keys_are_looked_for_under_the_name_that_ssh_pins_them_by(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    known = {}
    monkeypatch.setattr("shiplane.runners.connection.socket.create_connection", lambda _place, _seconds: Sock())
    monkeypatch.setattr("fabric.Connection.open", lambda self: known.update(self.client.get_host_keys()) or 1 / 0)
    pinned = replace(host, address="198.51.100.7", pinned_as="[192.0.2.1]:2222")
    with pytest.raises(ZeroDivisionError):
        connect(replace(pinned, known_hosts="/nowhere", more_known_hosts=(host.known_hosts,)), Rhythm())
    assert list(known) == ["[198.51.100.7]:2222"]


def test_a_jump_host_that_is_not_pinned_is_not_even_asked(host: Host) -> None:
    jump = replace(host, name="jump host bastion", address="192.0.2.9", port=22)
    with pytest.raises(HostKeyMissing, match=r"no host key is pinned for 192\.0\.2\.9 in"):
        connect(replace(host, jump=jump), Rhythm())


@pytest.mark.parametrize(
    ("error", "cause"),
    [
        (PasswordRequiredException("locked"), "the SSH key of staging is locked by a passphrase"),
        (SSHException("No authentication methods available"), "there is no SSH key for staging"),
    ],
)
def test_where_the_agent_is_not_asked_that_is_what_to_change(
    host: Host, monkeypatch: pytest.MonkeyPatch, error: Exception, cause: str
) -> None:
    def fail(_connection: Any) -> None:  # noqa: ANN401 - Fabric has no types
        raise error

    monkeypatch.setattr("shiplane.runners.connection.socket.create_connection", lambda _place, _seconds: Sock())
    monkeypatch.setattr("fabric.Connection.open", fail)
    with pytest.raises(Unreachable, match=cause) as caught:
        connect(replace(host, key_file="", agent=False), Rhythm())
    assert "IdentitiesOnly no for this host" in caught.value.fix
