from __future__ import annotations

import sys
from importlib import import_module
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from shiplane.errors import Unreachable
from shiplane.runners.http import Answer, HttpRunner, is_loopback, lean

if TYPE_CHECKING:
    from collections.abc import Callable


def served(monkeypatch: pytest.MonkeyPatch, handler: Callable[[httpx.Request], httpx.Response]) -> list[dict[str, Any]]:
    """Let clients be answered by a function; give the options that they were made with."""
    made: list[dict[str, Any]] = []
    client = httpx.Client

    def make(**words: Any) -> httpx.Client:  # noqa: ANN401 - handed on
        made.append(words)
        return client(transport=httpx.MockTransport(handler), timeout=words["timeout"])

    monkeypatch.setattr("httpx.Client", make)
    return made


def test_a_request(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(503, json={"release": "one"})

    made = served(monkeypatch, answer)
    got = HttpRunner().request("POST", "http://127.0.0.1:1/x", body={"a": 1}, headers={"Authorization": "Bearer t"})
    assert (got.status, got.json()) == (503, {"release": "one"})
    assert seen[0].method == "POST"
    assert seen[0].content == b'{"a":1}'
    assert seen[0].headers["Authorization"] == "Bearer t"
    assert made == [{"verify": False, "trust_env": False, "timeout": 5.0}]


def test_https_trusts_authorities_and_the_company_s_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    made = served(monkeypatch, lambda _request: httpx.Response(200))
    HttpRunner().request("GET", "https://staging.test/", timeout=1.0)
    assert made[0]["verify"].check_hostname
    assert made[0]["trust_env"]


def test_no_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectTimeout("")

    served(monkeypatch, fail)
    with pytest.raises(Unreachable, match=r"http://staging.test/ does not answer: ConnectTimeout"):
        HttpRunner().request("GET", "http://staging.test/")


def test_an_address_that_is_none() -> None:
    with pytest.raises(Unreachable, match="does not answer"):
        HttpRunner().request("GET", "nothing://x")


def test_what_is_no_json() -> None:
    assert Answer(200, "<html>").json() is None


@pytest.mark.parametrize(
    ("host", "loopback"),
    [
        ("localhost", True),
        ("a.localhost", True),
        ("127.0.0.1", True),
        ("::1", True),
        ("192.0.2.1", False),
        ("x", False),
    ],
)
def test_loopback(host: str, loopback: bool) -> None:  # noqa: FBT001 - a parameter of the cases
    assert is_loopback(host) is loopback


def test_the_tools_of_a_command_line_are_not_imported(monkeypatch: pytest.MonkeyPatch) -> None:
    """A run with a board imports httpx while its first step starts."""
    for name in [name for name in sys.modules if name.partition(".")[0] in ("click", "httpx")]:
        monkeypatch.delitem(sys.modules, name)
    lean()
    assert import_module("httpx").Client
    assert "click" not in sys.modules
