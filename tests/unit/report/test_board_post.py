from typing import Any

import httpx
import pytest

from shiplane.report.board_post import http_post, is_loopback

URL = "http://127.0.0.1:8081/api/v1/reports/"


class Transport(httpx.BaseTransport):
    def __init__(self, status: int, answer: bytes) -> None:
        self.status = status
        self.answer = answer
        self.request: httpx.Request | None = None

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self.request = request
        return httpx.Response(self.status, content=self.answer)


@pytest.fixture
def options(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Answer by `options["transport"]` and keep what the client was made with."""
    made: dict[str, Any] = {}
    real = httpx.Client

    def client(**options: object) -> httpx.Client:
        made.update(options)
        return real(transport=made["transport"])

    monkeypatch.setattr(httpx, "Client", client)
    return made


def test_the_token_arrives_byte_for_byte(options: dict[str, Any]) -> None:
    options["transport"] = transport = Transport(200, b"{}")
    assert http_post(URL, "p)$'\"#\\ ü", b'{"runs": []}', 0.7) == (200, "")
    assert transport.request is not None
    assert (b"Authorization", "Bearer p)$'\"#\\ ü".encode()) in transport.request.headers.raw
    assert (transport.request.method, str(transport.request.url)) == ("POST", URL)
    assert transport.request.content == b'{"runs": []}'
    assert (options["timeout"], options["trust_env"]) == (0.7, False)


def test_other_machines_are_asked_with_their_certificates_checked(options: dict[str, Any]) -> None:
    options["transport"] = Transport(204, b"")
    assert http_post("https://staging.example.com", "t", b"{}", 1.0) == (204, "")
    assert options["trust_env"]
    assert options["verify"].check_hostname


@pytest.mark.parametrize(
    ("url", "trust_env", "verify"),
    [
        ("https://localhost:8443/", False, True),
        ("https://127.0.0.1/", False, True),
        ("http://127.0.0.1:8081/", False, False),
        ("http://staging.example.com/", True, False),
    ],
)
def test_only_without_tls_nothing_is_checked(
    options: dict[str, Any],
    url: str,
    trust_env: bool,  # noqa: FBT001 - a parameter
    verify: bool,  # noqa: FBT001 - a parameter
) -> None:
    options["transport"] = Transport(200, b"")
    http_post(url, "t", b"{}", 1.0)
    assert options["trust_env"] == trust_env
    assert bool(options["verify"] and options["verify"].check_hostname) == verify


def test_a_refusal_is_given_with_its_reason(options: dict[str, Any]) -> None:
    options["transport"] = Transport(400, b"x" * 9000)
    assert http_post(URL, "t", b"{}", 1.0) == (400, "x" * 2000)
    options["transport"] = Transport(403, b"")
    assert http_post(URL, "t", b"{}", 1.0) == (403, "")


@pytest.mark.parametrize(
    ("url", "loopback"),
    [
        ("http://127.0.0.1:8081/x", True),
        ("http://127.9.9.9", True),
        ("http://[::1]:80", True),
        ("http://localhost:8080", True),
        ("http://staging.localhost", True),
        ("https://staging.example.com", False),
        ("http://10.0.0.1", False),
        ("http://localhost.example.com", False),
        ("nonsense", False),
    ],
)
def test_a_proxy_is_not_asked_for_this_machine(url: str, loopback: bool) -> None:  # noqa: FBT001 - a parameter
    assert is_loopback(url) is loopback
