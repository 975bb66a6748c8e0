"""Questions to a registry by HTTP, as its user: what the Docker client does not ask."""

from __future__ import annotations

import base64
import re
from typing import TYPE_CHECKING
from urllib.parse import urlencode, urljoin, urlsplit

from shiplane.errors import RegistryRefused, Unreachable
from shiplane.runners.http import is_loopback

if TYPE_CHECKING:
    from collections.abc import Mapping

    from shiplane.commands.login import RegistryLogin
    from shiplane.runners.http import Answer, Http

_KINDS = ("oci.image.index.v1", "oci.image.manifest.v1")
_OLDER = ("docker.distribution.manifest.list.v2", "docker.distribution.manifest.v2")
MANIFESTS = {"Accept": ", ".join(f"application/vnd.{kind}+json" for kind in (*_KINDS, *_OLDER))}
"""The headers with which a registry gives a manifest of any kind as it stands there."""
_HUB = {"docker.io": "registry-1.docker.io"}
_PART = re.compile(r'(\w+)="([^"]*)"')
_UNAUTHORIZED, _FORBIDDEN, _REDIRECTION = 401, 403, 300
_ELSEWHERE = (301, 302, 303, 307, 308)


class RegistryApi:
    """Ask one registry; `seconds` limit each request. A token is asked for once for each scope, and when it ended."""

    def __init__(self, http: Http, registry: str, login: RegistryLogin | None = None, seconds: float = 10.0) -> None:
        self.registry = registry
        self._http = http
        self._login = login
        self._seconds = seconds
        self._known: dict[str, str] = {}

    def request(self, method: str, path: str, scope: str = "", headers: Mapping[str, str] | None = None) -> Answer:
        """Send a request below `/v2/`, logged in where the registry wants that; raises `RegistryRefused`.

        `scope` says for what, such as `repository:acme/app:pull,delete`.
        """
        url = f"{address(self.registry)}/v2/{path}"
        answer = self._send(method, url, headers, self._known.get(scope))
        if answer.status == _UNAUTHORIZED:
            self._known[scope] = self._authorization(answer.headers.get("www-authenticate", ""), scope)
            answer = self._send(method, url, headers, self._known[scope])
        if method == "GET" and answer.status in _ELSEWHERE:
            # Where blobs lie is another's place, which our login is no business of.
            return self._send(method, urljoin(url, answer.headers.get("location", "")), headers, None)
        return answer

    def check_login(self) -> None:
        """Try the login as `docker login` does; raises `RegistryRefused` or `Unreachable`."""
        answer = self.request("GET", "")
        if answer.status in (_UNAUTHORIZED, _FORBIDDEN):
            raise self._refused()

    def _send(self, method: str, url: str, headers: Mapping[str, str] | None, authorization: str | None) -> Answer:
        own = {"Authorization": authorization} if authorization else {}
        return self._http.request(method, url, headers={**(headers or {}), **own}, timeout=self._seconds)

    def _authorization(self, challenge: str, scope: str) -> str:
        """Answer what a registry asks of us: the password itself, or a token of the place that it names."""
        kind, _, rest = challenge.partition(" ")
        parts = dict(_PART.findall(rest))
        if kind.lower() == "bearer" and parts.get("realm"):
            return f"Bearer {self._token(parts, scope)}"
        if self._login is None:
            raise self._refused()
        return self._basic()

    def _token(self, parts: Mapping[str, str], scope: str) -> str:
        realm = urlsplit(parts["realm"])
        if realm.scheme != "https" and not is_loopback(realm.hostname or ""):
            cause = f"registry {self.registry} wants its password sent to {parts['realm']}, which is not encrypted"
            raise Unreachable(cause, "give it a realm with https")
        wanted = {"service": parts.get("service", ""), "scope": scope or parts.get("scope", "")}
        query = urlencode({name: value for name, value in wanted.items() if value})
        own = {"Authorization": self._basic()} if self._login else {}
        url = f"{parts['realm']}{'&' if realm.query else '?'}{query}"
        answer = self._http.request("GET", url, headers=own, timeout=self._seconds)
        if answer.status in (_UNAUTHORIZED, _FORBIDDEN):
            raise self._refused()
        found = answer.json()
        token = (found.get("token") or found.get("access_token")) if isinstance(found, dict) else None
        if answer.status >= _REDIRECTION or not isinstance(token, str):
            raise Unreachable(
                f"registry {self.registry} gives no token: {answer.status}", "see its state, and run the command again"
            )
        return token

    def _basic(self) -> str:
        if self._login is None:
            return ""
        pair = f"{self._login.user}:{self._login.password.value}".encode()
        return f"Basic {base64.b64encode(pair).decode()}"

    def _refused(self) -> RegistryRefused:
        return RegistryRefused(self.registry, self._login.user if self._login else "")


def address(registry: str) -> str:
    """Give the address of a registry as the Docker client asks it: without TLS on this machine alone."""
    host = registry.rpartition(":")[0] or registry
    scheme = "http" if is_loopback(host.strip("[]")) else "https"
    return f"{scheme}://{_HUB.get(registry, registry)}"
