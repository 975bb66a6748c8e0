"""The five levels of build caches, in a registry and in a folder, filled, emptied and damaged."""

from __future__ import annotations

import dataclasses
import uuid
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from helpers import small
from helpers.builder import forget
from helpers.engine import docker
from helpers.registry import STORAGE, registry, remove_tag, tags
from shiplane.cli.app import App
from shiplane.commands import buildx
from shiplane.model import Event
from shiplane.pipeline import build
from shiplane.pipeline.caches import Caches, InFolder, InRegistry, Place
from shiplane.pipeline.registry import Registry
from shiplane.planning import Naming
from shiplane.planning.images import builds

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from shiplane.facts.checkout import CheckoutFacts

DOCKERFILE = """\
FROM debian:trixie-slim AS tool
RUN echo {word} > /made
RUN cp /made /tool

FROM debian:trixie-slim AS base
RUN echo {word} > /one && head -c 50000 /dev/urandom | base64 > /chance
RUN echo {word} > /two

FROM base AS production
COPY --from=tool /tool /tool
COPY source /source
RUN echo {word} > /three
"""
MAIN, FEATURE = Event("push", "main", "a" * 40), Event("push", "feature/x", "a" * 40)
NAME = f"{small.ONE}-production"


class Bench:
    """Build one image with the caches of a place, on a builder that has forgotten it."""

    def __init__(self, folder: Path, address: str, container: str) -> None:
        self.container = container
        self.word = uuid.uuid4().hex
        project = small.make(folder / "small", small.ONE)
        (project.folder / small.ONE / "Dockerfile").write_text(DOCKERFILE.format(word=self.word))
        self.app = App(project.folder, project.environ)
        self.address = address
        self.repository = f"acme/small-{small.ONE}"
        self.place: Place = InRegistry(
            Registry(self.app.runner, "", lambda _line: None, None), Naming(address, "acme", "small"), "zstd"
        )
        self.folder = folder / "caches"
        self.built = ""

    def facts(self, version: str) -> CheckoutFacts:
        one = dataclasses.replace(self.app.facts.components[0], version=version)
        return dataclasses.replace(self.app.facts, components=(one,))

    def build(self, event: Event, version: str = "1.0.0", main: str = "main") -> tuple[str, str, list[str]]:
        """Build; give the level that was found, how many steps came from where, and all that was said."""
        self.forget()
        said: list[str] = []
        facts = self.facts(version)
        config = dataclasses.replace(self.app.config, main_branch=main)
        caches = Caches(config, facts, event, self.app.target("lab"), self.app.checkout, {})
        chosen = caches.choose(self.place, "production", said.append)
        listed = builds(config, facts, "production")
        [self.built] = (one.tag for one in listed)
        build.bake(self.app.runner, self.app.checkout, listed, self.app.environ, said.append, caches=chosen)
        return chosen[NAME].level, said[-1].removeprefix(f"{NAME}: "), said

    def forget(self) -> None:
        """Let the engine and its builder forget all of the image, as a machine that never built it."""
        small.remove_images()
        fetched = {digest for tag in self.tags for digest in self.layers(tag)}
        packed = {f"sha256:{file.name}" for file in self.folder.rglob("*") if file.is_file() and is_small(file)}
        forget(self.word, *fetched, *packed)

    @property
    def tags(self) -> dict[str, str]:
        """Give the digests of the caches by the ends of their tags."""
        found = tags(self.address, self.repository)
        return {tag.removeprefix("cache.production."): digest for tag, digest in found.items()}

    def layers(self, tag: str) -> list[str]:
        """Give the digests of what a cache alone holds."""
        return [layer["digest"] for layer in self.manifest(tag)["layers"] if layer["size"] < BASE_BYTES]

    def manifest(self, tag: str) -> dict[str, Any]:
        """Give the manifest of a cache."""
        url = f"http://{self.address}/v2/{self.repository}/manifests/cache.production.{tag}"
        found: dict[str, Any] = httpx.get(url, headers=OCI).json()
        return found

    @property
    def image(self) -> str:
        """Give the digest of the image that was built last."""
        return docker("image", "inspect", "--format", "{{.Id}}", self.built).decode().strip()

    def damage(self, digest: str, how: str) -> None:
        """Take a layer out of the registry's storage, or put something of the same length in its place."""
        name = digest.removeprefix("sha256:")
        file = f"{STORAGE}/blobs/sha256/{name[:2]}/{name}/data"
        spoil = f"tr '\\0-\\377' '\\1-\\377\\0' < {file} > /tmp/x && cp /tmp/x {file}"
        docker("exec", self.container, "sh", "-c", f"rm {file}" if how == "missing" else spoil)

    def keep(self, *wanted: str) -> None:
        """Remove all caches but some, and from the builder what it fetched: the caches tell what that was."""
        self.forget()
        for tag in self.tags:
            if tag not in wanted:
                remove_tag(self.container, self.repository, f"cache.production.{tag}")


def is_small(file: Path) -> bool:
    return file.stat().st_size < BASE_BYTES


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    with registry() as (address, container):
        made = Bench(tmp_path_factory.mktemp("caches"), address, container)
        yield made
        made.forget()


OCI = {"Accept": "application/vnd.oci.image.manifest.v1+json"}
BASE_BYTES = 1_000_000
ALL = "7 of 7 steps from"


def test_each_level_is_found_where_those_before_it_are_not(bench: Bench) -> None:
    assert bench.build(MAIN)[:2] == ("", "0 of 7 steps from caches")
    assert set(bench.tags) == {"1.0.0_main", "_main", "_"}
    of_main = bench.tags
    # A builder that knows nothing takes every step from the cache that it is handed.
    assert bench.build(FEATURE)[:2] == ("version+main", f"{ALL} version+main")
    assert set(bench.tags) == {"1.0.0_main", "_main", "_", "1.0.0_feature-x", "_feature-x"}
    assert {name: bench.tags[name] for name in ("1.0.0_main", "_main")} == {
        name: of_main[name] for name in ("1.0.0_main", "_main")
    }
    assert bench.build(FEATURE)[:2] == ("version+branch", f"{ALL} version+branch")
    assert bench.build(FEATURE, "2.0.0")[:2] == ("branch", f"{ALL} branch")
    bench.keep("_main", "_")
    assert bench.build(FEATURE, "3.0.0")[:2] == ("main", f"{ALL} main")
    bench.keep("_")
    assert bench.build(FEATURE, "4.0.0")[:2] == ("general", f"{ALL} general")


def test_a_level_that_a_build_from_another_wrote_is_whole(bench: Bench) -> None:
    """Of a stage that is only copied from, the builder takes nothing from a cache as long as the copy is known."""
    bench.keep()
    bench.build(MAIN)
    assert bench.build(FEATURE)[:2] == ("version+main", f"{ALL} version+main")
    packed = {layer["mediaType"].rpartition("+")[2] for layer in bench.manifest("_")["layers"]}
    assert packed == {"gzip", "zstd"}
    for level, tag in (("version+branch", "1.0.0_feature-x"), ("branch", "_feature-x"), ("general", "_")):
        bench.keep(tag)
        (bench.app.checkout / small.ONE / "source").write_text(f"{level}\n")
        assert bench.build(FEATURE)[:2] == (level, f"5 of 7 steps from {level}")


def test_an_image_is_the_same_whatever_the_cache_is_packed_with_that_it_came_from(bench: Bench) -> None:
    bench.keep()
    bench.build(MAIN)
    built = bench.image
    # All of it packed with zstd, the layers of the image too: a builder that had to pack them first for a cache.
    file = bench.app.checkout / f".shiplane/bake/{NAME}.json"
    target = f"type=registry,ref={bench.address}/{bench.repository}:cache.production._,mode=max,image-manifest=true"
    option = f"--set={NAME}.cache-to={target},compression=zstd,force-compression=true"
    assert bench.app.runner.run(buildx.bake(str(file), "", option, output=buildx.NOTHING)).ok
    bench.keep("_")
    assert {layer["mediaType"].rpartition("+")[2] for layer in bench.manifest("_")["layers"]} == {"zstd"}
    assert bench.build(MAIN)[:2] == ("general", f"{ALL} general")
    assert bench.image == built


def test_a_pull_request_writes_nothing_of_main_s(bench: Bench) -> None:
    before = bench.tags
    bench.build(Event("pull_request", "main", "a" * 40))
    assert bench.tags == before
    bench.build(Event("pull_request", "fix/y", "a" * 40))
    assert {name: bench.tags[name] for name in before} == before
    assert set(bench.tags) - set(before) == {"1.0.0_fix-y", "_fix-y"}


@pytest.mark.parametrize("damage", ["missing", "corrupt"])
def test_a_damaged_layer_costs_time_alone(bench: Bench, damage: str) -> None:
    bench.keep()
    bench.build(MAIN)
    # One of the image: what stages that are copied from hold is not fetched as long as the copy is known.
    layers = [one for one in bench.manifest("1.0.0_main")["layers"] if one["mediaType"].endswith("+gzip")]
    digest = [one["digest"] for one in layers if one["size"] < BASE_BYTES][-1]
    bench.damage(digest, damage)
    level, taken, said = bench.build(MAIN)
    assert level == "version+branch"
    # What the first attempt fetched whole before it met the damaged layer is in the builder by now; the rest is made.
    assert taken in {
        "0 of 7 steps from caches",
        *(f"{fetched} of 7 steps from this machine's builder" for fetched in range(1, 7)),
    }
    assert "a cache is damaged or cannot be read to its end: building without" in said


def test_a_registry_that_is_gone_costs_time_alone(bench: Bench) -> None:
    place = bench.place
    bench.place = InRegistry(
        Registry(bench.app.runner, "", lambda _line: None, None), Naming("127.0.0.1:9", "acme", "small"), "zstd"
    )
    try:
        level, taken, said = bench.build(MAIN)
    finally:
        bench.place = place
    assert (level, taken) == ("", "0 of 7 steps from caches")
    assert any("caches cannot be read, so the build does without: registry 127.0.0.1:9 does not" in one for one in said)


def test_caches_in_a_folder(bench: Bench) -> None:
    place, bench.place = bench.place, InFolder(bench.folder, "zstd")
    try:
        assert bench.build(MAIN)[:2] == ("", "0 of 7 steps from caches")
        assert bench.build(FEATURE)[:2] == ("version+main", f"{ALL} version+main")
        blobs = bench.folder / small.ONE / "cache.production.1.0.0_feature-x" / "blobs/sha256"
        max(blobs.iterdir(), key=lambda file: file.stat().st_size).write_bytes(b"cut off")
        assert bench.build(FEATURE)[0] == "version+main"
    finally:
        bench.place = place
