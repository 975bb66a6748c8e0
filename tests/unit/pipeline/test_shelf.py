from __future__ import annotations

import hashlib
import json
from math import inf
from typing import Any

import pytest

from shiplane.errors import DeletionRefused, RegistryBroken, RegistryForbids, RegistryLimited, RegistryUnauthorized
from shiplane.facts.registry_api import RegistryApi
from shiplane.pipeline.registry_tries import TRIES, Patience
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
        self.failing: list[Answer] = []
        self.waited: list[float] = []

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
        if self.failing:
            return self.failing.pop(0)
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
        patience = Patience(lambda _line: None, sleep=self.waited.append)
        return Shelf(RegistryApi(self, "registry.test"), patience)


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


FAILURES = [
    (401, RegistryUnauthorized, 1),
    (403, RegistryForbids, 1),
    (429, RegistryLimited, TRIES),
    (500, RegistryBroken, TRIES),
]


@pytest.mark.parametrize(("status", "kind", "tries"), [(405, DeletionRefused, 1), *FAILURES])
def test_what_is_not_removed(status: int, kind: type[Exception], tries: int) -> None:
    held = Held()
    held.end = Answer(
        status, "why", {"www-authenticate": 'Bearer realm="https://registry.test/v2/acme/app/blobs/token"'}
    )
    held.blobs["token"] = Answer(200, '{"token": "t"}')
    held.blobs["token?scope=repository%3Aacme%2Fapp%3Apull%2Cdelete"] = held.blobs["token"]
    with pytest.raises(kind, match=r"registry\.test"):
        held.shelf.remove("acme/app", "sha256:1")
    assert len(held.waited) == tries - 1


@pytest.mark.parametrize(("status", "kind", "tries"), FAILURES[1:])
def test_what_cannot_be_looked_at_has_its_word(status: int, kind: type[Exception], tries: int) -> None:
    held = Held()
    held.image("2026-11-24T01:00:00Z", "1")
    held.failing = [Answer(status, "why")] * TRIES
    with pytest.raises(kind, match=r"registry\.test"):
        held.shelf.held("acme/app")
    assert len(held.waited) == tries - 1
    held.failing = [Answer(status, "why")] * (tries - 1)
    assert len(held.shelf.held("acme/app")) == 1


@pytest.mark.parametrize("text", ["<html>Sign in</html>", "[]", '"x"', "null", '{"tags": "x"}', '{"tags": {"a": 1}}'])
def test_what_is_no_list_of_tags_is_told(text: str) -> None:
    held = Held()
    held.failing = [Answer(200, text)] * TRIES
    with pytest.raises(RegistryBroken) as caught:
        held.shelf.held("acme/app")
    assert caught.value.details == ("what it answers is no list of tags",)


@pytest.mark.parametrize(
    "text", ["<html>Sign in</html>", "[]", '{"layers": [{}]}', '{"manifests": [{"digest": "x"}]}', '{"layers": [1]}']
)
def test_what_is_no_manifest_is_told(text: str) -> None:
    held = Held()
    held.manifests["x"], held.tags["1"] = text, "x"
    with pytest.raises(RegistryBroken, match="acme/app@x by a fault of its own") as caught:
        held.shelf.held("acme/app")
    assert caught.value.details == ("what it answers is no manifest",)


def test_a_registry_is_left_alone_for_as_long_as_it_asks() -> None:
    held = Held()
    held.image("2026-11-24T01:00:00Z", "1")
    held.failing = [Answer(429, "", {"retry-after": "7"})]
    assert len(held.shelf.held("acme/app")) == 1
    assert held.waited == [7]


def test_a_manifest_is_known_by_what_it_holds_where_the_registry_does_not_say() -> None:
    class Silent(Held):
        def request(self, method: str, url: str, **words: object) -> Answer:
            found = super().request(method, url, **words)
            return Answer(found.status, found.text, {k: v for k, v in found.headers.items() if k == "link"})

    held = Silent()
    held.image("2026-11-24T01:00:00Z", "1")
    held.image("2026-11-25T01:00:00Z", "2")
    assert {each.digest for each in held.shelf.held("acme/app")} == set(held.manifests)


def test_pages_that_never_end_are_read_once() -> None:
    class Endless(Held):
        def request(self, method: str, url: str, **words: object) -> Answer:
            if "/tags/" not in url:
                return super().request(method, url, **words)
            return Answer(200, '{"tags": ["1"]}', {"link": '</v2/acme/app/tags/list?n=1&last=1>; rel="next"'})

    held = Endless()
    held.image("2026-11-24T01:00:00Z", "1")
    assert [each.tags for each in held.shelf.held("acme/app")] == [("1",)]
