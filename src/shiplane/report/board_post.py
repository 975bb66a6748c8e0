"""One authenticated POST to a board."""

from __future__ import annotations

from urllib.parse import urlsplit

from shiplane.runners import http

_READ_BYTES = 2000


def is_loopback(url: str) -> bool:
    """Tell whether an address is this machine's own, where a proxy must not be asked."""
    return http.is_loopback(urlsplit(url).hostname or "")


def http_post(url: str, token: str, body: bytes, timeout: float, ca_file: str = "") -> tuple[int, str]:
    """Post JSON and give the status and the beginning of the answer; raises httpx's errors; `timeout` in seconds.

    `ca_file` is trusted beside the system's authorities.
    """
    http.lean()
    import httpx  # noqa: PLC0415 - only a run with a board pays for it

    # As bytes, for a token may hold any character and a header given as text only ASCII.
    headers = {b"Authorization": b"Bearer " + token.encode(), b"Content-Type": b"application/json"}
    # Without TLS there is no certificate to check, and loading the known ones takes a while.
    verify = http.trust(ca_file) if urlsplit(url).scheme != "http" else False
    with (
        httpx.Client(timeout=timeout, trust_env=not is_loopback(url), verify=verify) as client,
        client.stream("POST", url, content=body, headers=headers) as response,
    ):
        said = next(response.iter_bytes(_READ_BYTES), b"") if response.is_error else b""
        return response.status_code, said.decode(errors="replace")
