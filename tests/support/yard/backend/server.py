"""A backend that starts in no time: health, status, and rows that it acknowledges once Redis has them.

`/kind` says how it behaves; the key `die` in Redis names a release that ends at once, however often it is started.
"""

from __future__ import annotations

import asyncio
import json
import os
import pathlib
import signal
import sys
from urllib.parse import unquote, urlsplit

KIND = pathlib.Path("/kind").read_text().strip()
RELEASE = os.environ.get("RELEASE", "")
ADDRESS = urlsplit(os.environ["REDIS_URL"])
OPEN: dict[object, bool] = {}
ENDED = asyncio.Event()


class Redis:
    """One connection to Redis, made again where it was lost; questions wait for each other."""

    def __init__(self) -> None:
        self._lock = asyncio.Lock()
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def __call__(self, *words: str) -> str | None:
        """Ask; give an integer or a text. A question that was lost is asked once: it may have been heard."""
        async with self._lock:
            try:
                if self._streams is None:
                    self._streams = await asyncio.open_connection(ADDRESS.hostname, ADDRESS.port)
                    await self._ask("AUTH", unquote(ADDRESS.password or ""))
                return await self._ask(*words)
            except (OSError, RuntimeError, asyncio.IncompleteReadError):
                self._streams = None
                raise

    async def _ask(self, *words: str) -> str | None:
        reader, writer = self._streams or (None, None)
        parts = [word.encode() for word in words]
        writer.write(b"*%d\r\n" % len(parts) + b"".join(b"$%d\r\n%s\r\n" % (len(p), p) for p in parts))
        line = (await reader.readuntil(b"\r\n")).decode().strip()
        if line.startswith("-"):
            raise RuntimeError(line)
        if line.startswith("$"):
            return None if line == "$-1" else (await reader.readexactly(int(line[1:]) + 2))[:-2].decode()
        return line[1:]


redis = Redis()


async def answer(method: str, path: str, body: bytes) -> tuple[int, dict[str, object]]:
    """Give status and body of an answer."""
    if path == "/api/v1/health/":
        return (503 if KIND == "unhealthy" else 200), {"status": KIND}
    if path == "/api/v1/status/":
        return 200, {"release": "another" if KIND == "wrong" else RELEASE, "kind": KIND}
    if path == "/api/v1/rows/" and method == "POST":
        return 201, {"rows": await redis("RPUSH", "rows", body.decode())}
    if path == "/api/v1/rows/":
        return 200, {"release": RELEASE}
    if path == "/api/v1/reports/":
        return 200, {}
    return 404, {"detail": path}


async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answer the requests of one connection; `OPEN` says whether it is at work."""
    me = asyncio.current_task()
    OPEN[me] = False
    try:
        while True:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            if ENDED.is_set():
                # The same on a connection that it kept.
                return
            OPEN[me] = True
            method, path = head.split(" ", 2)[:2]
            fields = dict(line.lower().split(": ", 1) for line in head.split("\r\n")[1:] if ": " in line)
            body = await reader.readexactly(int(fields.get("content-length", 0)))
            try:
                status, said = await answer(method, path.partition("?")[0], body)
            except (OSError, RuntimeError, asyncio.IncompleteReadError) as error:
                status, said = 500, {"detail": str(error)}
            data = json.dumps(said).encode()
            kind = "Content-Type: application/json"
            writer.write(f"HTTP/1.1 {status} X\r\n{kind}\r\nContent-Length: {len(data)}\r\n\r\n".encode() + data)
            await writer.drain()
            OPEN[me] = False
            if fields.get("connection") == "close":
                return
    except (asyncio.IncompleteReadError, ConnectionError):
        return
    finally:
        OPEN.pop(me, None)
        writer.close()


async def watch() -> None:
    """End where Redis says so."""
    while True:
        try:
            if await redis("GET", "die") == RELEASE:
                sys.stderr.write("told to die\n")
                os._exit(1)
        except (OSError, RuntimeError, asyncio.IncompleteReadError):
            pass
        await asyncio.sleep(0.25)


async def main() -> None:
    """Serve until SIGTERM; then finish what is under way."""
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, ENDED.set)
    server = await asyncio.start_server(serve, "0.0.0.0", 8000)  # noqa: S104 - in a container
    watching = asyncio.create_task(watch())
    sys.stderr.write(f"this is {KIND} {RELEASE}\n")
    await ENDED.wait()
    # As gunicorn does: it still listens for a moment, and answers nobody who comes.
    asyncio.get_running_loop().remove_reader(server.sockets[0].fileno())
    await asyncio.sleep(1)
    watching.cancel()
    while any(OPEN.values()):  # noqa: ASYNC110 - a look at all connections, at the very end
        await asyncio.sleep(0.02)
    os._exit(0)


if __name__ == "__main__":
    asyncio.run(main())
