"""A registry that is only played, by HTTPS at an address of this machine that is not its own loopback."""

from __future__ import annotations

import base64
import socket
import ssl
import threading
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

from certificates import issue

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@dataclass
class PlayedRegistry:
    """Take one login, `user:password`, and answer who is let in with `status`; its clock is `ahead` of ours.

    `authority` is the file of the authority that signed its certificate.
    """

    login: str
    authority: Path
    status: int = HTTPStatus.OK
    ahead: timedelta = timedelta()
    address: str = ""

    def answer(self, authorization: str) -> tuple[int, dict[str, str]]:
        """Give status and headers; who is nobody is asked to log in where all is well."""
        date = {"Date": format_datetime(datetime.now(UTC) + self.ahead, usegmt=True)}
        known = authorization == f"Basic {base64.b64encode(self.login.encode()).decode()}"
        if self.status == HTTPStatus.OK and not known:
            return HTTPStatus.UNAUTHORIZED, {**date, "WWW-Authenticate": 'Basic realm="x"'}
        return self.status, date


def own_address() -> str:
    """Give the address under which this machine goes out; nothing is sent to find it."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
        asking.connect(("192.0.2.1", 9))
        return str(asking.getsockname()[0])


@contextmanager
def played(registry: PlayedRegistry, folder: Path) -> Iterator[PlayedRegistry]:
    """Let it answer at `address`; its certificates are written to the folder."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, headers = registry.answer(self.headers.get("Authorization", ""))
            self.send_response_only(status)
            for name, value in {**headers, "Content-Length": "0"}.items():
                self.send_header(name, value)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    host, begins = own_address(), datetime.now(UTC) - timedelta(days=1)
    authority = issue(begins=begins)
    mine = issue(host, signer=authority, begins=begins)
    registry.authority.write_text(authority.pem)
    chain = folder / "registry.pem"
    chain.write_text(mine.pem + mine.key_pem)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(chain)
    with ThreadingHTTPServer((host, 0), Handler) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        registry.address = f"{host}:{server.server_port}"
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield registry
        finally:
            server.shutdown()
