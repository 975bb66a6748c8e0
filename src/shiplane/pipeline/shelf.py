"""What repositories of a registry hold, and taking it away, by the registry's own API."""

from __future__ import annotations

import hashlib
import json
import re
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from math import inf
from typing import TYPE_CHECKING, Any

from shiplane.errors import DeletionRefused, RegistryBroken, RegistryForbids, RegistryLimited, RegistryUnauthorized
from shiplane.facts import registry_answer
from shiplane.facts.registry_api import MANIFESTS
from shiplane.pipeline.registry_tries import Patience
from shiplane.planning.prune import Held

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from shiplane.facts.registry_api import RegistryApi
    from shiplane.runners.http import Answer

_AT_ONCE = 8
_PAGE = 1000
_NEXT = re.compile(r'<[^>]*[?&]last=([^&>]+)[^>]*>;\s*rel="?next"?')
_GONE, _NEVER = 404, (405, 501)
_UNAUTHORIZED, _FORBIDDEN, _LIMITED = 401, 403, 429
_ERRORS = 400


@dataclass(frozen=True, slots=True)
class Shelf:
    """Look at repositories, named without the registry; `api` is logged in with an account that may delete.

    What may pass is tried again with `patience`.
    """

    api: RegistryApi
    patience: Patience = field(default_factory=lambda: Patience(lambda _line: None))
    _made: dict[str, float | None] = field(default_factory=dict)

    def held(self, repository: str) -> tuple[Held, ...]:
        """Give all that has a tag; a repository that is not there holds nothing."""
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            tags = list(dict.fromkeys(self._tags(repository)))
            found = list(pool.map(lambda tag: self._manifest(repository, tag), tags))
            by_digest = dict[str, list[str]]()
            bodies = {}
            for tag, answer in zip(tags, found, strict=True):
                if answer is not None:
                    digest = answer.headers.get("docker-content-digest") or _digest(answer.text)
                    by_digest.setdefault(digest, []).append(tag)
                    bodies[digest] = answer.text
            return tuple(
                pool.map(lambda digest: self._held(repository, digest, by_digest[digest], bodies[digest]), by_digest)
            )

    def remove(self, repository: str, digest: str) -> None:
        """Take a manifest away, with all tags of it; one that is gone already is fine. Raises `DeletionRefused`."""
        scope = _scope(repository, "pull,delete")
        self._ask("DELETE", f"{repository}/manifests/{digest}", f"{repository}@{digest}", scope)

    def _tags(self, repository: str) -> Iterator[str]:
        """List tags, page by page."""
        query, seen = f"n={_PAGE}", set[str]()
        while query not in seen:
            seen.add(query)
            answer = self._ask("GET", f"{repository}/tags/list?{query}", repository, _scope(repository))
            if answer is None:
                return
            found = answer.json()
            tags = (found.get("tags") or []) if isinstance(found, dict) else None
            if not isinstance(tags, list):
                raise self._nonsense(repository, "no list of tags")
            yield from map(str, tags)
            more = _NEXT.search(answer.headers.get("link", ""))
            if more is None:
                return
            query = f"n={_PAGE}&last={more[1]}"

    def _manifest(self, repository: str, reference: str) -> Answer | None:
        path, what = f"{repository}/manifests/{reference}", f"{repository}:{reference}"
        return self._ask("GET", path, what, _scope(repository), MANIFESTS)

    def _held(self, repository: str, digest: str, tags: list[str], text: str) -> Held:
        """Describe an image or an index with all that it names; raises `RegistryBroken` where it is neither."""
        try:
            return self._described(repository, digest, tags, text)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise self._nonsense(f"{repository}@{digest}", "no manifest") from error

    def _described(self, repository: str, digest: str, tags: list[str], text: str) -> Held:
        found: Any = json.loads(text)
        blobs, below = {digest: len(text.encode()), **_parts(found)}, []
        made = [self._created(repository, found)]
        for each in found.get("manifests") or ():
            name = str(each["digest"])
            blobs[name] = int(each["size"])
            answer = self._manifest(repository, name) if "manifest" in str(each.get("mediaType")) else None
            if answer is not None:
                below.append(name)
                parts = answer.json()
                blobs |= _parts(parts)
                made.append(self._created(repository, parts))
        # Of what nobody knows when it was made, nobody knows that it is old.
        created = max((each for each in made if each is not None), default=inf)
        return Held(repository, digest, tuple(sorted(tags)), created, blobs, tuple(below))

    def _created(self, repository: str, manifest: Any) -> float | None:  # noqa: ANN401 - JSON
        """Ask an image's settings when it was made; None where they do not say, as those of caches."""
        config = manifest.get("config") or {}
        if not str(config.get("mediaType", "")).endswith(("image.config.v1+json", "container.image.v1+json")):
            return None
        digest = str(config["digest"])
        if digest not in self._made:
            answer = self._ask("GET", f"{repository}/blobs/{digest}", f"{repository}@{digest}", _scope(repository))
            self._made[digest] = _moment(answer.json() if answer else None)
        return self._made[digest]

    def _ask(
        self, method: str, path: str, what: str, scope: str, headers: Mapping[str, str] | None = None
    ) -> Answer | None:
        """Give the answer about `what`; None where there is no such thing."""

        def once() -> Answer:
            return self._checked(method, self.api.request(method, path, scope, headers), what)

        answer = self.patience.until(once, self.api.registry)
        return None if answer.status == _GONE else answer

    def _checked(self, method: str, answer: Answer, what: str) -> Answer:
        registry, said = self.api.registry, (f"{answer.status} {answer.text[:200]}".strip(),)
        if answer.status < _ERRORS or answer.status == _GONE:
            return answer
        if method == "DELETE" and answer.status in _NEVER:
            raise DeletionRefused(registry)
        if answer.status == _UNAUTHORIZED:
            raise RegistryUnauthorized(registry, what, said)
        if answer.status == _FORBIDDEN:
            raise RegistryForbids(registry, what, said)
        if answer.status == _LIMITED:
            pause = registry_answer.pause(answer.status, answer.headers, time.time())
            raise RegistryLimited(registry, pause or 0, said)
        raise RegistryBroken(registry, what, said)

    def _nonsense(self, what: str, lacking: str) -> RegistryBroken:
        return RegistryBroken(self.api.registry, what, (f"what it answers is {lacking}",))


def _scope(repository: str, actions: str = "pull") -> str:
    return f"repository:{repository}:{actions}"


def _digest(text: str) -> str:
    return f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"


def _parts(manifest: Any) -> dict[str, int]:  # noqa: ANN401 - JSON
    listed = [*(manifest.get("layers") or ()), *([manifest["config"]] if manifest.get("config") else ())]
    return {str(each["digest"]): int(each["size"]) for each in listed}


def _moment(config: Any) -> float | None:  # noqa: ANN401 - JSON
    try:
        return datetime.fromisoformat(str(config["created"])).timestamp()
    except (ValueError, KeyError, TypeError):
        return None
