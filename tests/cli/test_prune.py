"""`images.prune` as a whole, against a registry and servers that are played."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from samples import REMOTE, make_release
from shiplane.runners.http import Answer

if TYPE_CHECKING:
    from projects import Project

RELEASE = make_release()
GIVEN = {**REMOTE, "CONTAINER_REGISTRY": "registry.test"}
HEADS = [("git remote$", "origin", 0), ("ls-remote", "0123\trefs/heads/main", 0)]
CACHE = "cache.production._feature-x"


class Registry:
    """Hold a cache of a branch in each repository; `end` is what a deletion is answered by."""

    def __init__(self, end: int = 202) -> None:
        self.end = end
        self.tags = [CACHE]
        self.removed: list[str] = []

    def request(self, method: str, url: str, **words: object) -> Answer:
        del words
        path = url.removeprefix("https://registry.test/v2/")
        if method == "DELETE":
            self.removed.append(path)
            return Answer(self.end, "")
        if "/tags/list" in path:
            return Answer(200, json.dumps({"tags": self.tags}))
        text = json.dumps({"layers": [{"digest": "sha256:layer", "size": 2_000_000}]})
        return Answer(200, text, {"docker-content-digest": f"sha256:{'c' * 64}"})


@pytest.fixture
def registry(project: Project) -> Registry:
    made = Registry()
    project.answers(*HEADS)
    project.world.public = made
    return made


GOING = [f"acme/app-{name}/manifests/sha256:{'c' * 64}" for name in ("backend", "frontend")]


def test_what_may_go_is_shown_and_nothing_is_removed_by_a_dry_run(project: Project, registry: Registry) -> None:
    ended = project.invoke("images.prune --target remote --dry-run", **GIVEN)
    assert (ended.code, ended.err) == (0, "")
    assert ended.out.splitlines() == [
        f"acme/app-backend@sha256:{'c' * 12}  {CACHE}: the branch feature-x is gone",
        f"acme/app-frontend@sha256:{'c' * 12}  {CACHE}: the branch feature-x is gone",
        "2 of 2 may go (4.0 MB), 0 stay",
    ]
    assert registry.removed == []


def test_it_asks_and_without_a_terminal_it_wants_to_be_told_before(project: Project, registry: Registry) -> None:
    project.patch.setattr("sys.stdin.isatty", lambda: False, raising=False)
    ended = project.invoke("images.prune --target remote", **GIVEN)
    assert ended.code == 2
    assert "there is no terminal to ask on" in ended.err
    assert registry.removed == []
    ended = project.invoke("images.prune --target remote --yes --json", **GIVEN)
    assert ended.code == 0
    assert [one["tags"] for one in ended.json["images"]] == [[CACHE], [CACHE]]
    assert registry.removed == GOING


def test_what_became_needed_while_a_person_thought_stays(project: Project, registry: Registry) -> None:
    def think(_question: str) -> str:
        registry.tags.append("latest")
        return "y"

    project.patch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    project.patch.setattr("builtins.input", think)
    ended = project.invoke("images.prune --target remote", **GIVEN)
    assert (ended.code, registry.removed) == (0, [])


def test_what_a_person_agreed_to_goes_and_no_more(project: Project, registry: Registry) -> None:
    project.patch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    project.patch.setattr("builtins.input", lambda _question: "n")
    project.invoke("images.prune --target remote", **GIVEN)
    assert registry.removed == []
    project.patch.setattr("builtins.input", lambda _question: "y")
    project.invoke("images.prune --target remote", **GIVEN)
    assert registry.removed == GOING


def test_what_an_environment_keeps_is_asked_for_first(project: Project, registry: Registry) -> None:
    project.answers(*HEADS, servers=[("survey", "docker: not found", 127)])
    project.world.public = registry
    ended = project.invoke("images.prune --target remote --yes", **GIVEN)
    assert ended.code != 0
    assert registry.removed == []


def test_a_release_that_an_environment_cannot_tell_of_lets_nothing_be_removed(
    project: Project, registry: Registry
) -> None:
    project.answers(*HEADS, servers=[("survey", "folder\tr1", 0)])
    project.world.public = registry
    ended = project.invoke("images.prune --target remote --yes", **GIVEN)
    assert ended.code == 2
    assert "the manifest of r1 on staging cannot be read" in ended.err
    assert registry.removed == []


def test_a_registry_that_deletes_nothing(project: Project, registry: Registry) -> None:
    registry.end = 405
    ended = project.invoke("images.prune --target remote --yes", **GIVEN)
    assert ended.code == 4
    assert "registry registry.test does not let images be deleted this way" in ended.err
