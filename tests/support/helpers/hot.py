"""What a browser's end of hot reload hears, and what an editor's end of a debugger: enough of both to listen."""

from __future__ import annotations

import json
import re
import socket
import struct
import time
import urllib.request
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from types import TracebackType

_SECONDS = 60
_EXTENDED, _LONG = 126, 127
_TOKEN = re.compile(r'wsToken = "([^"]+)"')


class _Connection(ABC):
    """Read messages from a connection."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=_SECONDS)
        self._file = self._socket.makefile("rb")
        self._seen: list[dict[str, Any]] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()
        self._socket.close()

    @abstractmethod
    def message(self) -> dict[str, Any]:
        """Give the next message."""

    def find(self, what: str, wanted: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """Give a message that was not given yet, and wait up to a minute for it, whatever else goes on being told."""
        deadline = time.monotonic() + _SECONDS
        while not any(map(wanted, self._seen)):
            assert time.monotonic() < deadline, f"no {what} within {_SECONDS} s, but {self._seen}"
            self._seen.append(self.message())
        return self._seen.pop(next(number for number, message in enumerate(self._seen) if wanted(message)))


class HotReload(_Connection):
    """Listen as the page of Vite's development server does, at the address of a proxy before it."""

    def __init__(self, port: int) -> None:
        super().__init__(port)
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/@vite/client", timeout=_SECONDS) as answer:
            token = _TOKEN.search(answer.read().decode())
        assert token is not None
        self._socket.sendall(
            f"GET /?token={token[1]} HTTP/1.1\r\nHost: localhost:{port}\r\nOrigin: http://localhost:{port}\r\n"
            "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
            "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: vite-hmr\r\n\r\n".encode()
        )
        assert self._file.readline().startswith(b"HTTP/1.1 101 ")
        while self._file.readline().strip():
            pass

    def message(self) -> dict[str, Any]:
        """Give the next message of the server."""
        head = self._file.read(2)
        assert head, "the server ended the connection"
        size = head[1] & 127
        if size == _EXTENDED:
            (size,) = struct.unpack(">H", self._file.read(2))
        elif size == _LONG:
            (size,) = struct.unpack(">Q", self._file.read(8))
        found: dict[str, Any] = json.loads(self._file.read(size))
        return found

    def update_of(self, path: str) -> dict[str, Any]:
        """Wait until the page is told that a file changed."""
        return self.find(f"update of {path}", lambda message: path in json.dumps(message))


class Debugger(_Connection):
    """Speak the debug adapter protocol, as editors do."""

    def __init__(self, port: int) -> None:
        super().__init__(port)
        self._number = 0

    def ask(self, command: str, **arguments: object) -> None:
        """Send a request."""
        self._number += 1
        body = json.dumps({"seq": self._number, "type": "request", "command": command, "arguments": arguments}).encode()
        self._socket.sendall(f"Content-Length: {len(body)}\r\n\r\n".encode() + body)

    def message(self) -> dict[str, Any]:
        """Give the next message of the debugger."""
        size = 0
        while line := self._file.readline().strip():
            size = int(line.removeprefix(b"Content-Length: ")) if line.startswith(b"Content-Length") else size
        assert size, "the debugger ended the connection"
        message: dict[str, Any] = json.loads(self._file.read(size))
        assert message.get("success", True), message
        return message

    def until(self, kind: str, name: str) -> dict[str, Any]:
        """Give the next `response` to a command, or the next `event`, of this name."""
        return self.find(
            f"{kind} {name}",
            lambda message: message["type"] == kind and message.get("command", message.get("event")) == name,
        )

    def attach(self, breakpoints: Mapping[str, int] | None = None, **arguments: object) -> None:
        """Attach as an editor does, with a breakpoint in a line of each of these files."""
        self.ask("initialize", adapterID="test")
        self.until("response", "initialize")
        self.ask("attach", **{"subProcess": True, **arguments})
        self.until("event", "initialized")
        for file, line in (breakpoints or {}).items():
            self.ask("setBreakpoints", source={"path": file}, breakpoints=[{"line": line}])
        self.ask("configurationDone")
        self.until("response", "attach")
