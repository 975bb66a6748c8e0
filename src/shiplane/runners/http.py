"""Requests to public addresses, thin: a status and a text, or an error that says what to check."""

from __future__ import annotations

import ipaddress
import json
import ssl
import sys
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import urlsplit

from shiplane.errors import Unreachable

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Answer:
    """Hold what a server said; the headers' names are in lower case."""

    status: int
    text: str
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def date(self) -> str:
        """Give the server's clock, as its header Date has it."""
        return self.headers.get("date", "")

    def json(self) -> Any:  # noqa: ANN401 - a foreign server may say anything
        """Parse the text; None where it is no JSON."""
        try:
            return json.loads(self.text)
        except ValueError:
            return None


class Http(Protocol):
    """Send requests somewhere."""

    def request(
        self,
        method: str,
        url: str,
        *,
        body: Any = None,  # noqa: ANN401 - any value that JSON can say
        headers: Mapping[str, str] | None = None,
        timeout: float = 5.0,
    ) -> Answer:
        """Send one request over a connection of its own and give the answer, whatever its status.

        `body` is sent as JSON, `timeout` is in seconds. No answer raises `Unreachable`.
        """


class HttpRunner:
    """Send requests with httpx; `ca_file` is trusted beside the system's authorities."""

    def __init__(self, ca_file: str = "") -> None:
        self._ca_file = ca_file

    def request(
        self,
        method: str,
        url: str,
        *,
        body: Any = None,  # noqa: ANN401 - any value that JSON can say
        headers: Mapping[str, str] | None = None,
        timeout: float = 5.0,
    ) -> Answer:
        """Send one request; see `Http.request`."""
        lean()
        import httpx  # noqa: PLC0415 - slow to import, and few commands need it

        parts = urlsplit(url)
        try:
            with httpx.Client(
                verify=trust(self._ca_file) if parts.scheme == "https" else False,
                trust_env=not is_loopback(parts.hostname or ""),
                timeout=timeout,
            ) as client:
                answer = client.request(method, url, json=body, headers=headers)
        except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
            raise Unreachable(
                f"{url} does not answer: {str(error) or type(error).__name__}",
                "check the address, the network and what listens there",
            ) from error
        return Answer(answer.status_code, answer.text, {key.lower(): value for key, value in answer.headers.items()})


def lean() -> None:
    """Let httpx, which is imported next, do without its command line: half of its time goes into the tools for that.

    It makes do where they are missing, and Python takes a module that is known as None for one.
    """
    sys.modules.setdefault("httpx._main", None)  # type: ignore[arg-type]


@cache
def trust(ca_file: str = "") -> ssl.SSLContext:
    """Check chains and host names against the system's authorities, and against those in a file."""
    context = ssl.create_default_context()
    if ca_file:
        context.load_verify_locations(ca_file)
    return context


def is_loopback(host: str) -> bool:
    """Tell whether a host is this machine, which no company proxy can reach."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
