from __future__ import annotations

import base64
from urllib.parse import parse_qs, urlsplit

import pytest

from samples import HARD
from shiplane.commands.login import RegistryLogin
from shiplane.errors import RegistryRefused, Unreachable
from shiplane.facts.registry_api import RegistryApi, address
from shiplane.model import Secret
from shiplane.runners.http import Answer

LOGIN = RegistryLogin("registry.test", "me", Secret("REGISTRY_PASSWORD", HARD))
BASIC = f"Basic {base64.b64encode(f'me:{HARD}'.encode()).decode()}"
TOKENS = 'Bearer realm="https://auth.test/token",service="registry.test"'


class Registry:
    """Play a registry that wants a password, or a token of another place."""

    def __init__(self, challenge: str, taken: str = BASIC, token: Answer | None = None) -> None:
        self.challenge, self.taken = challenge, taken
        self.token = token or Answer(200, '{"token": "t1"}')
        self.asked: list[tuple[str, str, str]] = []

    def request(self, method: str, url: str, **words: object) -> Answer:
        headers = words.get("headers") or {}
        assert isinstance(headers, dict)
        authorization = headers.get("Authorization", "")
        self.asked.append((method, url, authorization))
        if url.startswith("https://auth.test/"):
            return self.token if authorization in ("", BASIC) else Answer(401, "")
        if authorization == self.taken:
            return Answer(200, "{}")
        return Answer(401, "", {"www-authenticate": self.challenge})


def test_a_password_is_sent_where_it_is_wanted() -> None:
    registry = Registry('Basic realm="x"')
    api = RegistryApi(registry, "registry.test", LOGIN)
    api.check_login()
    assert [(method, url) for method, url, _ in registry.asked] == [("GET", "https://registry.test/v2/")] * 2
    # From then on it is sent at once.
    assert api.request("HEAD", "x").status == 200
    assert len(registry.asked) == 3


def test_an_open_registry_is_told_nothing() -> None:
    registry = Registry("", taken="")
    RegistryApi(registry, "registry.test", LOGIN).check_login()
    assert registry.asked == [("GET", "https://registry.test/v2/", "")]


def test_a_token_is_asked_for_once_for_each_scope() -> None:
    registry = Registry(TOKENS, taken="Bearer t1")
    api = RegistryApi(registry, "registry.test", LOGIN)
    scope = "repository:acme/app:pull,delete"
    for _ in range(2):
        assert api.request("DELETE", "acme/app/manifests/x", scope).status == 200
    [(_, url, authorization)] = [each for each in registry.asked if "auth.test" in each[1]]
    assert parse_qs(urlsplit(url).query) == {"service": ["registry.test"], "scope": [scope]}
    assert authorization == BASIC


def test_a_token_that_ended_is_asked_for_anew() -> None:
    registry = Registry(TOKENS, taken="Bearer t1")
    api = RegistryApi(registry, "registry.test", LOGIN)
    assert api.request("GET", "x").status == 200
    registry.taken, registry.token = "Bearer t2", Answer(200, '{"token": "t2"}')
    assert api.request("GET", "x").status == 200
    registry.taken = "Bearer another"
    assert api.request("GET", "x").status == 401


def test_without_a_login_a_token_for_everybody_is_asked_for() -> None:
    registry = Registry(TOKENS, taken="Bearer t1")
    assert RegistryApi(registry, "registry.test").request("GET", "x").status == 200
    assert [authorization for _, url, authorization in registry.asked if "auth.test" in url] == [""]


@pytest.mark.parametrize(
    "registry",
    [
        Registry('Basic realm="x"', taken="another"),
        Registry(TOKENS, token=Answer(401, "")),
        Registry(TOKENS, token=Answer(403, '{"errors": []}')),
        Registry(TOKENS, taken="Bearer another"),
    ],
)
def test_a_login_that_is_refused(registry: Registry) -> None:
    with pytest.raises(RegistryRefused, match="refuses the login of 'me'") as caught:
        RegistryApi(registry, "registry.test", LOGIN).check_login()
    assert HARD not in str(caught.value)


@pytest.mark.parametrize(
    "token", [Answer(200, "no JSON"), Answer(200, "[]"), Answer(200, '{"token": 1}'), Answer(500, "")]
)
def test_a_place_without_tokens(token: Answer) -> None:
    with pytest.raises(Unreachable, match="gives no token"):
        RegistryApi(Registry(TOKENS, token=token), "registry.test", LOGIN).check_login()


def test_a_password_goes_nowhere_in_the_clear() -> None:
    registry = Registry('Bearer realm="http://auth.test/token"')
    with pytest.raises(Unreachable, match="is not encrypted"):
        RegistryApi(registry, "registry.test", LOGIN).check_login()
    assert [url for _, url, _ in registry.asked] == ["https://registry.test/v2/"]


@pytest.mark.parametrize(
    ("registry", "wanted"),
    [
        ("ghcr.io", "https://ghcr.io"),
        ("docker.io", "https://registry-1.docker.io"),
        ("registry.test:5000", "https://registry.test:5000"),
        ("127.0.0.1:5000", "http://127.0.0.1:5000"),
        ("localhost:5000", "http://localhost:5000"),
        ("localhost", "http://localhost"),
        ("[::1]:5000", "http://[::1]:5000"),
    ],
)
def test_only_this_machine_is_asked_without_tls(registry: str, wanted: str) -> None:
    assert address(registry) == wanted
