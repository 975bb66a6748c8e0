from __future__ import annotations

import os
import threading

import pytest
from paramiko import ChannelException, SSHException

from shiplane.errors import ConnectionLost, Unreachable
from shiplane.model import Command, Host, Secret
from shiplane.runners import ssh
from shiplane.runners.base import Masker
from shiplane.runners.channel import Session
from shiplane.runners.ssh import SshRunner, shell_input

STARTED = b"shiplane-pid:1\n"
HARD = "p)$'\"#\\ ü"


def test_standard_input_follows_the_shell_text() -> None:
    assert shell_input(Command(("cat",), stdin=Secret("S", HARD))) == f"exec cat{HARD}".encode()
    assert shell_input(Command(("cat",), stdin="")) == b"exec cat"


class Transport:
    def __init__(self, *, active: bool) -> None:
        self.active = active

    def is_active(self) -> bool:
        return self.active

    def close(self) -> None:
        self.active = False


class Channel:
    """Play a channel that has said everything and ended."""

    def __init__(self, stdout: bytes, stderr: bytes = b"", status: int = 0, *, active: bool = True) -> None:
        self.stdout, self.stderr, self.exit_status = stdout, stderr, status
        self.sent = self.started = b""
        self.closed = self.shut = False
        self.eof_received = True
        self.transport = Transport(active=active)

    def get_pty(self, *_words: object) -> None:
        pass

    def exec_command(self, line: str) -> None:
        self.started = line.encode()

    def send_ready(self) -> bool:
        return True

    def send(self, data: bytes) -> int:
        taken = data[:7]
        self.sent += taken
        return len(taken)

    def shutdown_write(self) -> None:
        self.shut = True

    def recv_ready(self) -> bool:
        return bool(self.stdout)

    def recv_stderr_ready(self) -> bool:
        return bool(self.stderr)

    def recv(self, _size: int) -> bytes:
        taken, self.stdout = self.stdout[:5], self.stdout[5:]
        return taken

    def recv_stderr(self, _size: int) -> bytes:
        taken, self.stderr = self.stderr, b""
        return taken

    def exit_status_ready(self) -> bool:
        return True

    def get_transport(self) -> Transport:
        return self.transport

    def close(self) -> None:
        self.closed = True


def session(channel: Channel, text: bytes = b"", *secrets: Secret) -> tuple[Session, list[str]]:
    lines: list[str] = []
    opened = Session(channel, text, Masker(secrets), lines.append)  # type: ignore[arg-type]
    while not opened.step(0.0):
        pass
    return opened, lines


def test_a_session_sends_all_and_keeps_the_lines_masked() -> None:
    channel = Channel(b"shiplane-pid:4711\none\nthe secret ends\nlast", b"warning\n", 3)
    opened, lines = session(channel, b"a text that is longer than one packet", Secret("S", "secret"))
    assert channel.sent == b"a text that is longer than one packet"
    assert channel.shut
    assert opened.pid == 4711
    assert opened.exit_code == 3
    assert opened.text(1) == "one\nthe secret ends\nlast"  # for parsing alone
    assert "secret" not in opened.text(0)
    assert sorted(lines) == ["last", "one", "the *** ends", "warning"]
    assert "warning" in opened.text(0)


def test_a_signal_is_an_exit_code_and_a_lost_connection_none() -> None:
    assert session(Channel(STARTED, status=-1))[0].exit_code == 137
    assert session(Channel(STARTED, status=-1, active=False))[0].exit_code == -1


class Failing(Channel):
    """Play a channel whose connection fails while `at` is called: Paramiko says so by these, in any of them."""

    def __init__(self, at: str, error: Exception) -> None:
        super().__init__(STARTED + b"one\n", b"two\n", status=-1)

        def fail(*_words: object) -> bytes:
            self.stdout = self.stderr = b""
            raise error

        setattr(self, at, fail)


@pytest.mark.parametrize("error", [EOFError(), SSHException("Key-exchange timed out")])
@pytest.mark.parametrize("at", ["send", "shutdown_write", "recv", "recv_stderr", "close"])
def test_a_connection_that_fails_in_the_middle_is_lost(
    host: Host, monkeypatch: pytest.MonkeyPatch, at: str, error: Exception
) -> None:
    channel = Failing(at, error)
    channel.transport.active = at != "close"
    with pytest.raises(Unreachable, match=r"the connection to staging \(192.0.2.1:2222\) was lost while: wc"):
        runner(host, monkeypatch, Connected(channel)).run(Command(("wc",), stdin="text"))
    assert not channel.transport.active


def test_output_without_end_keeps_the_last_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shiplane.runners.channel._KEPT_BYTES", 100)
    text = "".join(f"line {number}\n" for number in range(200)).encode()
    opened, lines = session(Channel(STARTED + text))
    assert len(lines) == 200
    assert len(opened.text(0)) <= 100
    assert opened.text(0).endswith("line 199")


def test_what_an_account_prints_at_its_start_is_no_output() -> None:
    opened, lines = session(Channel(b"welcome to staging\r\n4712\nno end of line: shiplane-pid:4711\none\n"))
    assert opened.pid == 4711
    assert opened.text(1) == "one"
    assert lines == ["one"]
    assert opened.greeting == ["welcome to staging", "4712"]


class Connected:
    """Play a connection with its transport: it opens the channel that it was given, or fails."""

    def __init__(self, given: Channel | Exception, *, active: bool = True) -> None:
        self.given, self.active, self.closed, self.silent_seconds = given, active, False, 0.0
        self.transport = self

    @property
    def is_connected(self) -> bool:
        return self.active

    def is_active(self) -> bool:
        return self.active

    def open_session(self, timeout: float) -> Channel:
        assert timeout
        if isinstance(self.given, Exception):
            raise self.given
        return self.given

    def close(self) -> None:
        self.closed = True


@pytest.fixture
def host() -> Host:
    return Host("staging", "192.0.2.1", 2222, "deploy", "/keys/staging", "/keys/known_hosts")


def runner(host: Host, monkeypatch: pytest.MonkeyPatch, *connections: Connected) -> SshRunner:
    left = list(connections)
    monkeypatch.setattr(ssh, "connect", lambda _host, _rhythm: left.pop(0))
    return SshRunner(host)


@pytest.mark.parametrize(
    ("channel", "said"),
    [
        (Channel(b"this account may not log in\n", status=0), "; it said: this account may not log in"),
        (Channel(b"", b"sh: 1: exec: bash: not found\n", status=127), "; it said: sh: 1: exec: bash: not found"),
        (Channel(b"", status=0), ""),
    ],
)
def test_a_shell_that_does_not_start_is_no_success(
    host: Host, monkeypatch: pytest.MonkeyPatch, channel: Channel, said: str
) -> None:
    with pytest.raises(Unreachable) as caught:
        runner(host, monkeypatch, Connected(channel)).run(Command(("true",)))
    assert caught.value.cause == f"staging did not start bash for user 'deploy'{said}"


def test_a_channel_that_is_refused_leaves_the_connection_to_the_others(
    host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    connection = Connected(ChannelException(1, "Administratively prohibited"))
    opened = runner(host, monkeypatch, connection)
    with pytest.raises(Unreachable, match=r"staging opens no channel \(.*Administratively prohibited.*\) for: true"):
        opened.run(Command(("true",)))
    assert not connection.closed
    connection.given = Channel(STARTED + b"fine")
    assert opened.run(Command(("true",))).stdout == "fine"
    assert b"echo shiplane-pid:$$; " in connection.given.started


@pytest.mark.parametrize("terminal", [False, True])
def test_a_channel_that_is_refused_to_an_attached_command(
    host: Host,
    monkeypatch: pytest.MonkeyPatch,
    terminal: bool,  # noqa: FBT001 - a parameter of the test
) -> None:
    monkeypatch.setattr("os.get_terminal_size", lambda _fd: os.terminal_size((80, 24)))
    connection = Connected(ChannelException(2, "Connect failed"))
    opened = runner(host, monkeypatch, connection)
    with pytest.raises(Unreachable, match=r"staging opens no channel \(.*Connect failed.*\) for: ls") as caught:
        opened.attach(Command(("ls",)), terminal=terminal)
    assert caught.value.exit_code == 4
    for at in ("get_pty", "exec_command") if terminal else ("exec_command",):
        connection.given = Failing(at, SSHException("Channel closed."))
        with pytest.raises(Unreachable, match=r"staging opens no channel \(Channel closed.\) for: ls"):
            opened.attach(Command(("ls",)), terminal=terminal)
    connection.active = False
    connection.given = EOFError()
    monkeypatch.setattr(ssh, "connect", lambda _host, _rhythm: connection)
    with pytest.raises(Unreachable, match=r"the connection to staging \(192.0.2.1:2222\) was lost while: ls"):
        opened.attach(Command(("ls",)), terminal=terminal)


def test_a_connection_that_is_dead_is_made_anew(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    dying, other = Connected(EOFError()), Connected(Channel(STARTED + b"fine"))
    opened = runner(host, monkeypatch, dying, other)

    def die(timeout: float) -> Channel:
        assert timeout
        dying.active = False
        raise EOFError

    monkeypatch.setattr(dying, "open_session", die)
    with pytest.raises(
        Unreachable, match=r"the connection to staging \(192.0.2.1:2222\) was lost while: true"
    ) as caught:
        opened.run(Command(("true",)))
    assert not isinstance(caught.value, ConnectionLost), "nothing was begun"
    assert opened.run(Command(("true",))).stdout == "fine"
    assert dying.closed
    assert opened.sent == ["true", "true"]


def test_what_is_sent_is_counted_without_its_secrets(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    opened = runner(host, monkeypatch, Connected(Channel(STARTED)))
    opened.run(Command(("sh",), env=(("A", Secret("A", HARD)),), stdin=Secret("S", HARD)))
    assert opened.sent == ["A=<A> sh < <S>"]


def test_a_silence_that_ended_the_connection_is_told(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    connection = Connected(Channel(STARTED, status=-1, active=False))
    connection.silent_seconds = 12.0
    with pytest.raises(ConnectionLost, match=r"2222\) was lost \(nothing was heard for 12 s\) while: sleep 60"):
        runner(host, monkeypatch, connection).run(Command(("sleep", "60")))


def test_who_waits_for_a_connection_that_fails_does_not_try_it_again(
    host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock, tries, told = 100.0, [], []
    entered, ready = threading.Event(), threading.Event()

    def fail(_host: Host, _rhythm: object) -> Connected:
        tries.append(clock)
        entered.set()
        assert ready.wait(5)
        raise Unreachable(f"try {len(tries)}", "look")

    def ask() -> None:
        with pytest.raises(Unreachable) as caught:
            opened.run(Command(("true",)))
        told.append(caught.value.cause)

    monkeypatch.setattr(ssh, "now", lambda: clock)
    monkeypatch.setattr(ssh, "connect", fail)
    opened = SshRunner(host)
    askers = [threading.Thread(target=ask) for _ in range(4)]
    for asker in askers:
        asker.start()
        assert entered.wait(5)
    ready.set()
    for asker in askers:
        asker.join()
    assert (tries, told) == ([100.0], ["try 1"] * 4)
    clock = 101.0
    ask()
    clock = 102.0
    ask()
    assert (tries, told[4:]) == ([100.0, 102.0], ["try 1", "try 2"])
    opened.close()
    ask()
    assert (len(tries), told[6:]) == (3, ["try 3"])


def test_the_first_command_hears_of_a_connection_ahead_that_failed_just_before(
    host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    tries: list[str] = []

    def fail(_host: Host, _rhythm: object) -> Connected:
        tries.append("try")
        raise Unreachable(f"try {len(tries)}", "look")

    monkeypatch.setattr(ssh, "connect", fail)
    opened = SshRunner(host)
    with pytest.raises(Unreachable, match="try 1"):
        opened.connect()
    with pytest.raises(Unreachable, match="try 1"):
        opened.run(Command(("true",)))


def test_closing_does_not_wait_for_a_server_that_is_silent(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    entered, ready = threading.Event(), threading.Event()

    def silent(_host: Host, _rhythm: object) -> Connected:
        entered.set()
        assert ready.wait(20)
        raise Unreachable("it is silent", "look")

    def reach() -> None:
        with pytest.raises(Unreachable):
            opened.connect()

    monkeypatch.setattr(ssh, "connect", silent)
    monkeypatch.setattr(ssh, "_CLOSE_SECONDS", 0.05)
    opened = SshRunner(host)
    reaching = threading.Thread(target=reach)
    reaching.start()
    assert entered.wait(20)
    opened.close()
    assert reaching.is_alive()
    ready.set()
    reaching.join()
