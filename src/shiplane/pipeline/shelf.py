"""What repositories of a registry hold, and taking it away, by the registry's own API."""

from __future__ import annotations

import json
import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from math import inf
from typing import TYPE_CHECKING, Any

from shiplane.errors import DeletionRefused, RegistryBroken, RegistryForbids
from shiplane.planning.prune import Held

if TYPE_CHECKING:
    from collections.abc import Iterator

    from shiplane.facts.registry_api import RegistryApi
    from shiplane.runners.http import Answer

_KINDS = ("oci.image.index.v1", "oci.image.manifest.v1")
_OLDER = ("docker.distribution.manifest.list.v2", "docker.distribution.manifest.v2")
_TYPES = {"Accept": ", ".join(f"application/vnd.{kind}+json" for kind in (*_KINDS, *_OLDER))}
_AT_ONCE = 8
_PAGE = 1000
_NEXT = re.compile(r'<[^>]*[?&]last=([^&>]+)[^>]*>;\s*rel="?next"?')
_GONE, _NEVER = 404, (405, 501)
_REFUSED = (401, 403)
_ERRORS = 400


@dataclass(frozen=True, slots=True)
class Shelf:
    """Look at repositories, named without the registry; `api` is logged in with an account that may delete."""

    api: RegistryApi
    _made: dict[str, float | None] = field(default_factory=dict)

    def held(self, repository: str) -> tuple[Held, ...]:
        """Give all that has a tag; a repository that is not there holds nothing."""
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            tags = list(self._tags(repository))
            found = list(pool.map(lambda tag: self._manifest(repository, tag), tags))
            by_digest = dict[str, list[str]]()
            bodies = {}
            for tag, answer in zip(tags, found, strict=True):
                if answer is not None:
                    digest = answer.headers.get("docker-content-digest", "")
                    by_digest.setdefault(digest, []).append(tag)
                    bodies[digest] = answer.text
            return tuple(
                pool.map(lambda digest: self._held(repository, digest, by_digest[digest], bodies[digest]), by_digest)
            )

    def remove(self, repository: str, digest: str) -> None:
        """Take a manifest away, with all tags of it; one that is gone already is fine. Raises `DeletionRefused`."""
        answer = self.api.request("DELETE", f"{repository}/manifests/{digest}", _scope(repository, "pull,delete"))
        if answer.status in _NEVER:
            raise DeletionRefused(self.api.registry)
        if answer.status != _GONE:
            self._checked(answer, f"{repository}@{digest}")

    def _tags(self, repository: str) -> Iterator[str]:
        """List tags, page by page."""
        query = f"n={_PAGE}"
        while True:
            answer = self.api.request("GET", f"{repository}/tags/list?{query}", _scope(repository))
            if answer.status == _GONE:
                return
            found = self._checked(answer, repository).json()
            yield from (str(tag) for tag in (found or {}).get("tags") or ())
            more = _NEXT.search(answer.headers.get("link", ""))
            if more is None:
                return
            query = f"n={_PAGE}&last={more[1]}"

    def _manifest(self, repository: str, reference: str) -> Answer | None:
        answer = self.api.request("GET", f"{repository}/manifests/{reference}", _scope(repository), _TYPES)
        return None if answer.status == _GONE else self._checked(answer, f"{repository}:{reference}")

    def _held(self, repository: str, digest: str, tags: list[str], text: str) -> Held:
        """Describe an image or an index with all that it names."""
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
            answer = self.api.request("GET", f"{repository}/blobs/{digest}", _scope(repository))
            self._made[digest] = _moment(answer.json() if answer.status < _ERRORS else None)
        return self._made[digest]

    def _checked(self, answer: Answer, what: str) -> Answer:
        if answer.status in _REFUSED:
            raise RegistryForbids(self.api.registry, what, (answer.text[:200],))
        if answer.status >= _ERRORS:
            raise RegistryBroken(self.api.registry, what, (f"{answer.status} {answer.text[:200]}",))
        return answer


def _scope(repository: str, actions: str = "pull") -> str:
    return f"repository:{repository}:{actions}"


def _parts(manifest: Any) -> dict[str, int]:  # noqa: ANN401 - JSON
    listed = [*(manifest.get("layers") or ()), *([manifest["config"]] if manifest.get("config") else ())]
    return {str(each["digest"]): int(each["size"]) for each in listed}


def _moment(config: Any) -> float | None:  # noqa: ANN401 - JSON
    try:
        return datetime.fromisoformat(str(config["created"])).timestamp()
    except (ValueError, KeyError, TypeError):
        return None
