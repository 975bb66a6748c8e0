"""Taking images out of a real registry."""

from __future__ import annotations

import io
import tarfile
import uuid
from typing import TYPE_CHECKING

import pytest

from helpers.engine import docker
from helpers.faults import answer, between
from helpers.registry import registry, tags
from shiplane.config import Component, Config, Prune
from shiplane.errors import DeletionRefused
from shiplane.facts.registry_api import RegistryApi
from shiplane.model import Image, Release
from shiplane.pipeline import pruning
from shiplane.pipeline.shelf import Shelf
from shiplane.planning import Naming
from shiplane.runners.http import HttpRunner

if TYPE_CHECKING:
    from collections.abc import Iterator

NOW = 4_000_000_000.0
COMMITS = ("a" * 12, "b" * 12, "c" * 12)
CONFIG = Config(components=(Component("web", ".", "version"),), prune=Prune(releases=1, days=1))


@pytest.fixture
def place() -> Iterator[str]:
    with registry() as (address, _):
        yield address


def push(reference: str, text: str) -> None:
    """Push an image with a layer: of one without, the engine does not say when it was made."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        member = tarfile.TarInfo("file")
        member.size = len(text)
        tar.addfile(member, io.BytesIO(text.encode()))
    docker("import", "-", reference, stdin=buffer.getvalue())
    docker("push", "--quiet", reference)
    docker("rmi", "--force", reference)


def survey(address: str, needed: str, live: set[str] | None) -> tuple[Shelf, pruning.Pruned]:
    shelf = Shelf(RegistryApi(HttpRunner(), address))
    image = Image(f"{address}/acme/app-web:1.0.0-x", needed)
    release = Release("x", "x" * 40, "main", "1.0.0", False, "2026-01-01T00:00:00Z", (("web", image),))  # noqa: FBT003
    words = (shelf, Naming(address, "acme", "app"), CONFIG, [release], [], live, NOW)
    return shelf, pruning.survey(*words)


def test_what_nothing_needs_goes_and_the_rest_stays(place: str) -> None:
    name = f"{place}/acme/app-web"
    push(f"{name}:0.9.0-{'d' * 12}", uuid.uuid4().hex)
    for commit in COMMITS:
        push(f"{name}:1.0.0-{commit}", uuid.uuid4().hex)
    push(f"{name}:feature-x", uuid.uuid4().hex)
    push(f"{name}:cache.production._feature-x", uuid.uuid4().hex)
    for level in ("_main", "1.0.0_main", "0.9.0_main"):
        push(f"{name}:cache.production.{level}", uuid.uuid4().hex)
    there = tags(place, "acme/app-web")
    shelf, found = survey(place, there[f"1.0.0-{COMMITS[0]}"], {"main"})
    going = {tag for one in found.going for tag in one.held.tags}
    # The first is needed, the last is the newest; of version 0.9.0 no release stays.
    gone = {f"0.9.0-{'d' * 12}", "cache.production.0.9.0_main"}
    assert going == {f"1.0.0-{COMMITS[1]}", "feature-x", "cache.production._feature-x", *gone}
    assert found.freed > 0
    assert found.to_json()["bytes"] == found.freed
    pruning.carry_out(shelf, found, lambda _line: None)
    assert set(tags(place, "acme/app-web")) == set(there) - going


def test_a_registry_that_deletes_nothing_says_so(place: str) -> None:
    push(f"{place}/acme/app-web:feature-x", uuid.uuid4().hex)
    push(f"{place}/acme/app-web:cache.production._feature-x", uuid.uuid4().hex)
    _, found = survey(place, "none", {"main"})
    with between(place) as door:
        door.strike(answer("405 Method Not Allowed"))
        with pytest.raises(DeletionRefused, match="does not let images be deleted"):
            pruning.carry_out(Shelf(RegistryApi(HttpRunner(), door.address)), found, lambda _line: None)
    assert set(tags(place, "acme/app-web")) == {"feature-x", "cache.production._feature-x"}
