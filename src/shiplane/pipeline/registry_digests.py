"""What a registry tells by one request each, where it answers plainly: digests, and whether blobs are there."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from threading import Lock
from typing import TYPE_CHECKING

from shiplane.errors import RegistryRefused, Unreachable
from shiplane.facts.registry_answer import host_of, path_of
from shiplane.facts.registry_api import MANIFESTS, RegistryApi
from shiplane.runners.http import is_loopback

if TYPE_CHECKING:
    from collections.abc import Collection

    from shiplane.commands.login import RegistryLogin
    from shiplane.runners.http import Http

_AT_ONCE = 8
_FOUND, _ABSENT = 200, 404


@dataclass(frozen=True, slots=True)
class Digests:
    """Ask registries; `login` is that of its own registry, and of no other."""

    http: Http
    login: RegistryLogin | None = None
    _apis: dict[str, RegistryApi] = field(default_factory=dict)
    _silent: set[str] = field(default_factory=set)
    _lock: Lock = field(default_factory=Lock)

    def find(self, reference: str) -> str | None:
        """Give the digest of a reference, empty where there is none.

        None where the registry says anything else, or may hide from a stranger what it has: the Docker client may know
        more (a login of its own, a registry without TLS), and its words tell what is wrong.
        """
        host = host_of(reference)
        if host in self._silent:
            return None
        repository, name = _parts(reference)
        try:
            answer = self._api(host).request(
                "HEAD", f"{repository}/manifests/{name}", f"repository:{repository}:pull", MANIFESTS
            )
        except RegistryRefused:
            return None
        except Unreachable:
            self._silent.add(host)
            return None
        if answer.status == _ABSENT and (self._login_of(host) or is_loopback(host.rpartition(":")[0])):
            return ""
        return answer.headers.get("docker-content-digest") or None if answer.status == _FOUND else None

    def lacks(self, reference: str, blobs: Collection[str]) -> bool:
        """Tell whether the registry says of one of the blobs, beside a reference, that it has none."""
        host = host_of(reference)
        repository, _ = _parts(reference)

        def absent(digest: str) -> bool:
            try:
                answer = self._api(host).request(
                    "HEAD", f"{repository}/blobs/{digest}", f"repository:{repository}:pull"
                )
            except Unreachable:
                return False
            return answer.status == _ABSENT

        with ThreadPoolExecutor(_AT_ONCE) as pool:
            return any(list(pool.map(absent, blobs)))

    def _api(self, host: str) -> RegistryApi:
        with self._lock:
            return self._apis.setdefault(host, RegistryApi(self.http, host, self._login_of(host)))

    def _login_of(self, host: str) -> RegistryLogin | None:
        return self.login if self.login and self.login.registry == host else None


def _parts(reference: str) -> tuple[str, str]:
    """Give the repository of a reference and its digest or tag."""
    path, at, digest = path_of(reference).partition("@")
    repository, _, tag = path.partition(":")
    return repository, digest if at else tag or "latest"
