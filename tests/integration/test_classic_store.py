"""Publishing by an engine with the classic image store: without the builder that writes caches, and by it."""

from __future__ import annotations

import json
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from helpers import small
from helpers.classic import BUILDER, NOWHERE, Classic, classic
from helpers.engine import docker
from helpers.registry import image_digests, registry, tags
from shiplane.lab.images.ensure import ensure_generator, ensure_images
from shiplane.pipeline.builders import named
from shiplane.runners.local import LocalRunner

if TYPE_CHECKING:
    from collections.abc import Iterator

    from helpers.clone import Clone

DOCKERFILE = """\
FROM {base} AS base
RUN --network=none echo {word} > /one
RUN --network=none echo {word} > /two

FROM base AS production
COPY source /source
RUN --network=none echo {word} > /three
USER 1000
"""
REPOSITORY = f"acme/small-{small.ONE}"
IMAGE = f"{small.ONE}-production"
CLASSIC = "the engine's image store is the classic one, whose builder writes neither caches nor attestations"


class Bench:
    """Publish commits of a project by an engine with the classic store; `address` is the registry's."""

    def __init__(self, folder: Path, address: str, engine: Classic) -> None:
        self.address = address
        self.engine = engine
        base = f"{address}/acme/base:1"
        engine.bring_base(base)
        self.project: Clone = small.make(folder / "small", small.ONE)
        text = DOCKERFILE.format(base=base, word=uuid.uuid4().hex)
        (self.project.folder / small.ONE / "Dockerfile").write_text(text)
        self.project.environ |= {**engine.environ, "CONTAINER_REGISTRY": address, "REPOSITORY_OWNER": "acme"}
        self.project.environ["SHIPLANE_SET_IMAGES__SBOM"] = "false"

    def asked(self, part: str) -> Any:  # noqa: ANN401 - JSON
        """Ask for what is attested of the newest image, as standard tools read it."""
        words = ("buildx", "imagetools", "inspect", f"{self.address}/{REPOSITORY}:latest", "--format")
        return json.loads(docker(*words, f"{{{{json .{part}}}}}"))

    def publish(self, builder: str) -> str:
        """Publish one more commit, with the image of a builder configured; give what the build said."""
        source = self.project.folder / small.ONE / "source"
        commit = self.project.commit("Change the source", lambda _folder: _write(source, uuid.uuid4().hex))
        self.project.environ["SHIPLANE_SET_CACHE__BUILDER"] = builder
        self.project.invoke("publish", "--target", "remote", "--plain")
        assert self.tags[f"1.0.0-{commit[:12]}"] == self.tags["latest"]
        return (self.project.last_run() / "logs/publish.images.log").read_text(encoding="utf-8")

    @property
    def tags(self) -> dict[str, str]:
        """Give the digests of all tags in the registry, those of caches too."""
        return tags(self.address, REPOSITORY)

    @property
    def caches(self) -> set[str]:
        """Give the levels of caches in the registry."""
        return {tag.removeprefix("cache.production.") for tag in self.tags if tag.startswith("cache.")}


def generator(address: str) -> str:
    """Push the generator of bills of materials that is made here, and name it."""
    made = ensure_generator(LocalRunner(Path(), {}), lambda _line: None)
    name = f"{address}/acme/generator:1"
    docker("tag", made, name)
    try:
        docker("push", "--quiet", name)
    finally:
        docker("rmi", name)
    return name


def _write(file: Path, text: str) -> None:
    file.write_text(text)


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    folder = tmp_path_factory.mktemp("classic")
    ensure_images(LocalRunner(folder, {}), lambda _line: None)
    with registry() as place, classic(folder, place) as engine:
        yield Bench(folder, place[0], engine)


def test_where_the_builder_cannot_be_had_the_build_goes_on_and_one_line_says_so(bench: Bench) -> None:
    log = bench.publish(f"{NOWHERE}/absent:1")
    [line] = [line for line in log.splitlines() if "image store" in line or "attest" in line]
    assert line.startswith(f"{CLASSIC}, and {NOWHERE}/absent:1 cannot be had (")
    assert line.endswith("): caches are only read, and nothing is attested")
    [command] = [line for line in log.splitlines() if line.startswith("$ docker buildx bake ")]
    assert "cache-to" not in command
    assert "attest" not in command
    assert "--provenance=false" in command
    assert bench.caches == set()
    assert set(bench.tags) >= {"1.0.0", "latest", "main"}
    assert bench.asked("Provenance") in (None, {})
    assert image_digests(bench.address, REPOSITORY, "latest") == ()


def test_where_it_can_be_had_it_is_made_and_writes_and_reads_caches(bench: Bench) -> None:
    bench.engine.bring_builder()
    name = named(BUILDER)
    log = bench.publish(BUILDER)
    assert f"{CLASSIC}: building by {name}, a container of {BUILDER}" in log.splitlines()
    assert f'building with "{name}" instance using docker-container driver' in log
    assert f"buildx_buildkit_{name}0" in bench.engine.docker("ps", "--format", "{{.Names}}").split()
    assert bench.caches == {"1.0.0_main", "_main", "_"}
    assert bench.asked("Provenance")["SLSA"]
    bench.engine.docker("buildx", "prune", "--builder", name, "--all", "--force")
    log = bench.publish(BUILDER)
    assert f"{IMAGE}: 2 of 4 steps from version+branch" in log


def test_where_it_can_be_had_it_publishes_what_it_attests_of_the_very_image_that_was_looked_at(bench: Bench) -> None:
    """Come last: what a bill of materials was made of, BuildKit holds until it ends, so that no cache is fetched."""
    bench.project.environ |= {
        "SHIPLANE_SET_IMAGES__SBOM": "true",
        "SHIPLANE_SET_IMAGES__SBOM_GENERATOR": generator(bench.address),
    }
    bench.engine.bring_builder()
    log = bench.publish(BUILDER)
    assert "attest" not in log.replace(CLASSIC, "")
    told = (bench.project.last_run() / "logs/publish.push.log").read_text(encoding="utf-8")
    assert "push-by-digest=true" in told
    assert "$ docker push" not in told
    provenance = bench.asked("Provenance")["SLSA"]
    assert provenance["builder"]["id"].startswith("machine:")
    assert provenance["invocation"]["parameters"]["args"]["target"] == "production"
    assert bench.asked("SBOM")["SPDX"]["spdxVersion"].startswith("SPDX-2")
    run = bench.project.journal(bench.project.last_run())
    [release] = [record["release"] for record in run if record["kind"] == "release_published"]
    digest = release["images"][small.ONE]["digest"]
    assert digest == bench.tags["latest"]
    assert len(image_digests(bench.address, REPOSITORY, digest)) == 1
    # A server with such a store takes it, and gets what was loaded here and looked at.
    local = f"{small.ONE}:1.0.0-{release['id']}"
    pulled = f"{bench.address}/{REPOSITORY}@{digest}"
    bench.engine.docker("pull", "--quiet", pulled)
    ids = bench.engine.docker("image", "inspect", "--format", "{{.Id}}", local, pulled).split()
    assert len(ids) == 2
    assert len({*ids}) == 1
