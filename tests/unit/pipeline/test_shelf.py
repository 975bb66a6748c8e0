from __future__ import annotations

import hashlib
import json
from math import inf
from typing import Any

import pytest

from shiplane.errors import DeletionRefused, RegistryBroken, RegistryForbids
from shiplane.facts.registry_api import RegistryApi
from shiplane.pipeline.shelf import Shelf
from shiplane.runners.http import Answer

ROOT = "https://registry.test/v2/"
IMAGE = "application/vnd.oci.image.manifest.v1+json"
CONFIG = "application/vnd.oci.image.config.v1+json"
CACHE = "application/vnd.buildkit.cacheconfig.v0"


def digest_of(text: str) -> str:
    return f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"


class Held:
    """Play a registry with manifests and blobs, two tags a page."""

    def __init__(self) -> None:
        self.manifests: dict[str, str] = {}
        self.tags: dict[str, str] = {}
        self.blobs: dict[str, Answer] = {}
        self.asked: list[str] = []
        self.end = Answer(202, "")

    def blob(self, content: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
        text = json.dumps(content)
        self.blobs[digest_of(text)] = Answer(200, text)
        return {"digest": digest_of(text), "size": len(text)}

    def manifest(self, content: dict[str, Any], *tags: str) -> dict[str, Any]:
        text = json.dumps(content)
        self.manifests[digest_of(text)] = text
        self.tags |= dict.fromkeys(tags, digest_of(text))
        return {"mediaType": IMAGE, "digest": digest_of(text), "size": len(text)}

    def image(self, created: str, *tags: str, media: str = CONFIG) -> dict[str, Any]:
        config = {"mediaType": media, **self.blob({"created": created} if created else {})}
        layers = [{"digest": f"sha256:{created}", "size": 1000}]
        return self.manifest({"config": config, "layers": layers}, *tags)

    def request(self, method: str, url: str, **words: object) -> Answer:
        self.asked.append(f"{method} {url.removeprefix(ROOT)}")
        path = url.removeprefix(f"{ROOT}acme/app/")
        if method == "DELETE":
            return self.end
        if path.startswith("tags/list"):
            names = sorted(self.tags)
            start = names.index(path.partition("last=")[2]) + 1 if "last=" in path else 0
            page = names[start : start + 2]
            more = {"link": f'</v2/acme/app/tags/list?n=2&last={page[-1]}>; rel="next"'}
            return Answer(200, json.dumps({"tags": page}), more if start + 2 < len(names) else {})
        if path.startswith("blobs/"):
            return self.blobs[path.removeprefix("blobs/")]
        assert "index" in str(words["headers"])
        name = path.removeprefix("manifests/")
        digest = self.tags.get(name, name)
        if digest not in self.manifests:
            return Answer(404, "")
        return Answer(200, self.manifests[digest], {"docker-content-digest": digest})

    @property
    def shelf(self) -> Shelf:
        return Shelf(RegistryApi(self, "registry.test"))


def test_images_with_all_their_tags_parts_and_dates() -> None:
    held = Held()
    held.image("2026-11-24T01:00:00Z", "1.0.0", "1.0.0-abc", "latest")
    held.image("2025-01-01T00:00:00Z", "old")
    one, two = sorted(held.shelf.held("acme/app"), key=lambda each: each.tags)
    assert (one.tags, two.tags) == (("1.0.0", "1.0.0-abc", "latest"), ("old",))
    assert one.digest == held.tags["latest"]
    assert one.created - two.created == pytest.approx(692 * 86400 + 3600)
    assert sum(one.blobs.values()) == len(held.manifests[one.digest]) + 1000 + len(
        '{"created": "2026-11-24T01:00:00Z"}'
    )
    assert "GET acme/app/tags/list?n=1000&last=1.0.0-abc" in held.asked


def test_an_index_holds_what_it_names() -> None:
    held = Held()
    parts = [held.image("2026-11-24T01:00:00Z"), held.image("")]
    held.manifest({"manifests": parts}, "1.0.0")
    [one] = held.shelf.held("acme/app")
    assert one.manifests == tuple(part["digest"] for part in parts)
    assert {*one.manifests, one.digest, "sha256:2026-11-24T01:00:00Z"} < set(one.blobs)
    assert one.created < inf


def test_of_what_does_not_say_when_it_was_made_nobody_knows_that_it_is_old() -> None:
    held = Held()
    held.image("", "nameless")
    held.image("2020-01-01T00:00:00Z", "cache.production._", media=CACHE)
    assert [each.created for each in held.shelf.held("acme/app")] == [inf, inf]


def test_blobs_that_lie_elsewhere_are_fetched_there_without_the_login() -> None:
    held = Held()
    held.image("2026-11-24T01:00:00Z", "1")
    [digest] = held.blobs
    there = held.blobs[digest]
    held.blobs[digest] = Answer(307, "", {"location": f"{ROOT}acme/app/blobs/elsewhere"})
    held.blobs["elsewhere"] = there
    [one] = held.shelf.held("acme/app")
    assert one.created < inf


def test_a_repository_that_is_not_there_holds_nothing() -> None:
    class Nothing(Held):
        def request(self, method: str, url: str, **words: object) -> Answer:
            del method, url, words
            return Answer(404, "")

    assert Nothing().shelf.held("acme/app") == ()


@pytest.mark.parametrize("status", [202, 404])
def test_what_is_removed_or_gone_already(status: int) -> None:
    held = Held()
    held.end = Answer(status, "")
    held.shelf.remove("acme/app", "sha256:1")
    assert held.asked == ["DELETE acme/app/manifests/sha256:1"]


@pytest.mark.parametrize(("status", "kind"), [(405, DeletionRefused), (403, RegistryForbids), (500, RegistryBroken)])
def test_what_is_not_removed(status: int, kind: type[Exception]) -> None:
    held = Held()
    held.end = Answer(status, "why")
    with pytest.raises(kind, match=r"registry\.test"):
        held.shelf.remove("acme/app", "sha256:1")
