"""Make starting a process or opening a socket raise, as long as a test runs; SSH needs one or the other."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest
import urllib3.connection  # noqa: F401 - tries a socket when it is imported: before a test, not in one

if TYPE_CHECKING:
    from collections.abc import Iterator

_FORBIDDEN = (
    "subprocess.Popen",
    "os.system",
    "os.exec",
    "os.fork",
    "os.forkpty",
    "os.posix_spawn",
    "os.spawn",
    "os.startfile",
    "pty.spawn",
    "socket.__new__",
    "socket.bind",
    "socket.connect",
    "socket.getaddrinfo",
    "socket.gethostbyname",
    "socket.sendto",
)


class ReachedOutError(AssertionError):
    """Tell that a test that must run by itself reached for a process or a socket."""


class _Watch:
    """Listen to the interpreter's own audit events: no library can go round them."""

    def __init__(self) -> None:
        self.active = False
        self.seen: list[str] = []

    def __call__(self, event: str, arguments: tuple[object, ...]) -> None:
        if self.active and event in _FORBIDDEN:
            told = f"{event} {arguments[:2]!r}"
            self.seen.append(told)
            raise ReachedOutError(told)


_watch = _Watch()
sys.addaudithook(_watch)


@pytest.fixture(autouse=True)
def reached_out() -> Iterator[list[str]]:
    """Forbid processes and sockets; an attempt fails the test even where the code under test caught the error."""
    _watch.seen.clear()
    _watch.active = True
    try:
        yield _watch.seen
    finally:
        _watch.active = False
    assert _watch.seen == [], "the test reached out of the process"
