"""One request over one connection: a whole answer, or the reason why there was none."""

from __future__ import annotations

import asyncio
import socket
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import ssl

_HEAD_BYTES = 65536
_FAILED = 400


class Dropped(Exception):
    """Tell that a request got no whole answer, and why."""


@dataclass(frozen=True, slots=True)
class Answer:
    """Hold a whole answer; header names are lower case."""

    status: int
    headers: dict[str, str]
    body: bytes = field(repr=False)

    @property
    def failed(self) -> bool:
        """Tell whether the server said that it failed."""
        return self.status >= _FAILED

    @property
    def keeps_open(self) -> bool:
        """Tell whether the server will take another request on the connection."""
        return self.headers.get("connection", "").lower() != "close"


@dataclass(slots=True)
class Connection:
    """Hold one connection; `used` counts its requests."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    used: int = 0

    async def ask(self, request: bytes) -> Answer:
        """Send a request and read the whole answer; whatever goes wrong raises `Dropped`.

        A connection that was closed while it was idle is used all the same: a client that does not retry finds out
        by losing its request.
        """
        self.used += 1
        try:
            self.writer.write(request)
            await self.writer.drain()
            return await self._answer()
        except asyncio.IncompleteReadError as error:
            raise Dropped(f"closed {_place(len(error.partial), self.used)}") from error
        except (OSError, ValueError, asyncio.LimitOverrunError) as error:
            raise Dropped(f"{type(error).__name__}: {error} ({_ordinal(self.used)})") from error

    async def _answer(self) -> Answer:
        head = await self.reader.readuntil(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")
        status = int(first.split(" ", 2)[1])
        pairs = (line.partition(":") for line in lines if line)
        headers = {name.strip().lower(): value.strip() for name, _, value in pairs}
        return Answer(status, headers, await self._body(status, headers))

    async def _body(self, status: int, headers: dict[str, str]) -> bytes:
        if status in (204, 304):
            return b""
        if "content-length" in headers:
            return await self._exactly(int(headers["content-length"]))
        if headers.get("transfer-encoding", "").lower() != "chunked":
            raise Dropped("the answer does not tell where its body ends")
        parts = []
        while size := int((await self._line()).split(b";")[0], 16):
            parts.append(await self._exactly(size))
            await self._exactly(2)
        while await self._line() != b"\r\n":
            pass
        return b"".join(parts)

    async def _line(self) -> bytes:
        line = await self.reader.readline()
        if not line.endswith(b"\n"):
            raise Dropped("closed within the body")
        return line

    async def _exactly(self, size: int) -> bytes:
        try:
            return await self.reader.readexactly(size)
        except asyncio.IncompleteReadError as error:
            raise Dropped(f"closed within the body: {len(error.partial)} of {size} bytes came") from error

    def close(self) -> None:
        """Give the connection up."""
        self.writer.close()


async def connect(port: int, host: str = "", trust: ssl.SSLContext | None = None) -> Connection:
    """Connect to a port of this machine, by TLS to `host` where something is trusted; raises `Dropped` where not."""
    name = host if trust else None
    try:
        reader, writer = await asyncio.open_connection(
            "127.0.0.1", port, limit=_HEAD_BYTES, ssl=trust, server_hostname=name
        )
    except OSError as error:
        raise Dropped(f"no connection: {error}") from error
    writer.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return Connection(reader, writer)


def _place(received: int, used: int) -> str:
    where = "within the head of the answer" if received else "before an answer"
    return f"{where} ({_ordinal(used)})"


def _ordinal(used: int) -> str:
    return "on a new connection" if used == 1 else f"at request {used} of a connection"
