"""The generator of requests finds every one that is lost: a server loses some on purpose, and counts."""

from __future__ import annotations

import asyncio
import socket
import struct
import threading
import time
from collections import Counter
from typing import TYPE_CHECKING, Self

import pytest

from traffic.running import Traffic
from traffic.wanted import Flow, Wanted

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from types import TracebackType

_RESET = struct.pack("ii", 1, 0)
_WHOLE = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
_CHUNKS = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n"


class LosingServer:
    """Answer every request but each `every`-th of a path, which is lost in the way that the path names."""

    def __init__(self, every: int) -> None:
        self.every = every
        self.asked: Counter[str] = Counter()
        self.lost: Counter[str] = Counter()
        self.rows: list[str] = []
        self.port = 0
        self._loop: asyncio.AbstractEventLoop | None = None
        self._ended = asyncio.Event()
        self._listens = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._main()))

    def __enter__(self) -> Self:
        self._thread.start()
        assert self._listens.wait(10)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.do(self._ended.set)
        self._thread.join(10)

    def do(self, action: Callable[..., object], *words: object) -> None:
        """Do something between two requests."""
        assert self._loop is not None
        self._loop.call_soon_threadsafe(action, *words)

    async def _main(self) -> None:
        self._loop = asyncio.get_running_loop()
        async with await asyncio.start_server(self._serve, "127.0.0.1", 0) as serving:
            self.port = serving.sockets[0].getsockname()[1]
            self._listens.set()
            await self._ended.wait()
        await asyncio.sleep(0.1)  # clients are gone; their connections end

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := await self._head(reader):
                if not await self._take(head, reader, writer) or "Connection: close" in head:
                    break
        finally:
            writer.close()

    async def _take(self, head: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        path = head.split(" ", 2)[1]
        length = next((int(line[16:]) for line in head.split("\r\n") if line.startswith("Content-Length: ")), 0)
        row = (await reader.readexactly(length)).decode()
        self.asked[path] += 1
        if self.asked[path] % self.every == 0:
            self.lost[path] += 1
            await self._lose(path, reader, writer)
            return False
        self.rows += [row] if row else []
        writer.write(self._answer(path))
        return True

    async def _head(self, reader: asyncio.StreamReader) -> str:
        try:
            return (await reader.readuntil(b"\r\n\r\n")).decode()
        except (asyncio.IncompleteReadError, ConnectionError):
            return ""

    def _answer(self, path: str) -> bytes:
        if path == "/page":
            page = f'<script src="/assets/{self.asked[path] // 20}.js"></script>'.encode()
            return b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(page), page)
        return _CHUNKS + b"0\r\n\r\n" if path == "/chunk" else _WHOLE

    async def _lose(self, path: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        partial = {
            "/short": b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nok",
            "/chunk": _CHUNKS,
            "/head": b"HTTP/1.1 200 OK\r\nConte",
            "/status": b"HTTP/1.1 502 Bad Gateway\r\nConnection: close\r\nContent-Length: 0\r\n\r\n",
            # The request is answered, but the connection ends without a word: the next one on it is lost.
            "/idle": _WHOLE,
        }
        writer.write(partial.get(path, b""))
        if path == "/reset":
            writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        if path == "/stall":
            await reader.read()  # until the client gives up


LOSSES = {
    "/drop": "closed before an answer",
    "/reset": "ConnectionResetError",
    "/short": "closed within the body: 2 of 9 bytes came",
    "/chunk": "closed within the body",
    "/head": "closed within the head of the answer",
    "/status": "status 502",
    "/idle": "closed before an answer (at request",
    "/stall": "no answer within 1 s",
}


@pytest.mark.alone
def test_one_dropped_connection_in_a_thousand_is_seen(tmp_path: Path) -> None:
    flow = Flow("all", 500, "/drop", "POST", 0, "{id}", writes=True)
    with LosingServer(1000) as server:
        with Traffic(Wanted(server.port, (flow,)), tmp_path) as traffic:
            time.sleep(5)
        met = traffic.met
        assert (met.failed, met.requests) == (server.lost["/drop"], server.asked["/drop"]), met.story()
        assert met.failed == met.requests // 1000 >= 2, met.story()
        assert met.failures[0].why == "closed before an answer (on a new connection)"
        assert 0.9 < met.requests / met.seconds / 500 < 1.1, met.story()
        assert sorted(met.acknowledged) == sorted(server.rows)
        assert met.cpu_seconds < 0.5 * met.seconds


def test_every_kind_of_loss_is_a_failure_and_none_is_tried_again(tmp_path: Path) -> None:
    flows = tuple(Flow(path, 40, path, connections=3) for path in LOSSES)
    with LosingServer(50) as server:
        with Traffic(Wanted(server.port, flows, timeout=1), tmp_path) as traffic:
            time.sleep(4)
        met = traffic.met
        by_flow = Counter(failure.flow for failure in met.failures)
        # What is lost on a connection that ended while it was idle never arrives.
        assert met.requests == server.asked.total() + by_flow["/idle"], met.story()
        assert server.lost.pop("/idle") - 1 <= by_flow.pop("/idle") <= 4, met.story()
        assert by_flow == server.lost, met.story()
        for failure in met.failures:
            assert failure.why.startswith(LOSSES[failure.flow]), met.story()
        assert met.flows["/stall"].max > 1000 > met.flows["/drop"].max, met.story()


def test_assets_of_the_page_before_are_asked_for_and_a_stall_shows_as_time(tmp_path: Path) -> None:
    flows = (Flow("page", 40, "/page", kind="page"), Flow("asset", 100, kind="asset", connections=2))
    with LosingServer(10_000) as server:
        with Traffic(Wanted(server.port, flows), tmp_path) as traffic:
            time.sleep(1)
            server.do(time.sleep, 0.5)  # it stands still
            time.sleep(1)
        met = traffic.met
        assert met.failed == 0, met.story()
        assert met.times.max > 400, met.story()
        # Pages and assets that were due while it stood still were asked for all the same.
        assert met.flows["asset"].count > 150, met.story()
        assert met.pages == 1 + server.asked["/page"] // 20
        assets = [int(path[8:-3]) for path in server.asked if path.startswith("/assets/")]
        assert sorted(assets) == list(range(met.pages))
        assert server.asked["/assets/0.js"] > server.asked["/page"] // 4, "asked for after the next page came too"
