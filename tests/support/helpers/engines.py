"""An engine that is only played: the real client asks it by DOCKER_HOST, and hears what it is told to say."""

from __future__ import annotations

import json
import socketserver
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_API = "1.43"


class PlayedEngine:
    """Say of itself what a test sets: its version, and the memory in bytes that it may use."""

    def __init__(self, version: str, memory: int) -> None:
        self.version = version
        self.memory = memory

    def answer(self, path: str) -> object:
        """Give what it says; of what else a client asks it has none."""
        told: dict[str, object] = {
            "version": {"Version": self.version, "ApiVersion": _API, "MinAPIVersion": "1.24", "Os": "linux"},
            "info": {"DockerRootDir": "/nowhere", "MemTotal": self.memory},
        }
        return told.get(path.partition("?")[0].rpartition("/")[2], [])


class Server(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    """Listen at a socket file."""

    daemon_threads = True


@contextmanager
def played(engine: PlayedEngine, file: Path) -> Iterator[PlayedEngine]:
    """Let it answer at a socket file."""

    class Handler(BaseHTTPRequestHandler):
        def do_HEAD(self) -> None:
            self._send(b"")

        def do_GET(self) -> None:
            self._send(json.dumps(engine.answer(self.path)).encode())

        def _send(self, body: bytes) -> None:
            self.send_response(200)
            for name, value in (("Api-Version", _API), ("OSType", "linux"), ("Content-Type", "application/json")):
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    with Server(str(file), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield engine
        finally:
            server.shutdown()
