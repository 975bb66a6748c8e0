from __future__ import annotations

import base64
import os
import re

import pytest

from shiplane.errors import UsageError
from shiplane.model import Command
from shiplane.runners.attached import Attachment, attached_line


def test_the_line_needs_no_quoting_by_any_shell() -> None:
    line = attached_line(Command(("docker", "exec", "abc", "a 'b' \"$c\"\n\\", "", "ü")))
    found = re.fullmatch(
        r"exec bash -c 'echo shiplane-pid:\$\$; eval \"\$\(echo ([A-Za-z0-9+/=]+) \| base64 -d\)\"'", line
    )
    assert found is not None
    text = base64.b64decode(found[1]).decode()
    assert text == "exec docker exec abc 'a '\"'\"'b'\"'\"' \"$c\"\n\\' '' 'ü'"


def test_a_command_that_no_system_takes_is_refused() -> None:
    with pytest.raises(UsageError, match="more than 90000"):
        attached_line(Command(("echo", "x" * 90_000)))


class Dying:
    """Play a channel whose connection fails while bytes are moved: whatever is called last raises."""

    exit_status, eof_received, closed = -1, False, False

    def __init__(self, at: str) -> None:
        self.at, self.active = at, True

    def recv_ready(self) -> bool:
        return self.at == "recv" and self.active

    def recv_stderr_ready(self) -> bool:
        return self.at == "recv_stderr" and self.active

    def exit_status_ready(self) -> bool:
        return not self.active

    def send_ready(self) -> bool:
        return True

    def fail(self, *_words: object) -> bytes:
        raise EOFError

    recv = recv_stderr = send = shutdown_write = resize_pty = fail

    def get_transport(self) -> Dying:
        return self

    def is_active(self) -> bool:
        return self.active

    def close(self) -> None:
        self.active, self.closed = False, True

    def fileno(self) -> int:
        return self.ready


@pytest.mark.parametrize(("at", "typed"), [("recv", b""), ("recv_stderr", b""), ("send", b"text"), ("end", b"")])
def test_a_connection_that_fails_is_no_exit_code(monkeypatch: pytest.MonkeyPatch, at: str, typed: bytes) -> None:
    dying = Dying(at)
    dying.ready, ours = os.pipe()
    monkeypatch.setattr("os.read", lambda _fd, _size: typed)
    monkeypatch.setattr("select.select", lambda *_words: ([0], [], []))
    try:
        assert Attachment(dying, terminal=False).run() == -1  # type: ignore[arg-type]
    finally:
        os.close(dying.ready)
        os.close(ours)
    assert not dying.active
