"""Images of a small project, by the real builder and a registry: definition, tags, rebuilds, reproducible builds."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest

from helpers import small
from helpers.engine import docker, images
from helpers.registry import image_digests, registry, tags
from samples import HARD
from shiplane.facts.builder import survey
from shiplane.lab.images.ensure import ensure_images
from shiplane.pipeline import own_images
from shiplane.runners.local import LocalRunner

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from helpers.clone import Clone

NAMES = (small.ONE, small.TWO, small.THREE)
WORD = f"{HARD} ${{HOME}} %{{if}}"
WITH = f"""
[tool.shiplane.components.{small.ONE}.arguments]
WORD = {json.dumps(WORD)}
"""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Clone]:
    """Give a project of three components, one with an argument that every format reads as something else."""
    folder = tmp_path_factory.mktemp("images")
    ensure_images(LocalRunner(folder, {}), lambda _line: None)
    yield small.make(folder / "small", *NAMES, config=WITH)
    small.remove_images()


@pytest.fixture(scope="module")
def place(project: Clone) -> Iterator[str]:
    """Give the address of a registry, which the project publishes to."""
    with registry() as (address, _):
        project.environ |= {"CONTAINER_REGISTRY": address, "REPOSITORY_OWNER": "acme"}
        yield address


def definitions(project: Clone, *words: str) -> dict[str, dict[str, object]]:
    stages = project.json("plan", *words)["stages"]
    return {step["id"]: step["definition"] for stage in stages for step in stage["steps"] if "definition" in step}


def settings(image: str) -> dict[str, object]:
    found: dict[str, object] = json.loads(docker("image", "inspect", image))[0]["Config"]
    return found


def test_bake_accepts_what_a_plan_shows(project: Clone) -> None:
    shown = definitions(project)
    assert set(shown) == {"build.images", "build.test-runner", "publish.images"}
    for definition in shown.values():
        text = json.dumps(definition).encode()
        read = json.loads(docker("buildx", "bake", "--print", "--file", "-", stdin=text))
        targets = definition["target"]
        assert isinstance(targets, dict)
        assert set(read["target"]) == set(targets)
        assert all(read["target"][name]["tags"] == target["tags"] for name, target in targets.items())
    read = json.loads(
        docker("buildx", "bake", "--print", "--file", "-", stdin=json.dumps(shown["build.images"]).encode())
    )
    assert read["target"][f"{small.ONE}-development"]["args"]["WORD"] == WORD


def test_all_components_are_built_in_one_call_by_what_the_plan_shows(project: Clone) -> None:
    shown = definitions(project)["publish.images"]
    output = project.nox("-s", "images", "--", "production").output
    release = project.git("rev-parse", "HEAD")[:12]
    wanted = {f"{name}:1.0.0-{release}" for name in NAMES}
    assert wanted == set(images(*(f"{name}:" for name in NAMES)))
    assert output.count("docker buildx bake") == 1
    [file] = (project.folder / ".shiplane/bake").iterdir()
    assert json.loads(file.read_text(encoding="utf-8")) == shown
    place = "org.opencontainers.image"
    assert settings(f"{small.ONE}:1.0.0-{release}")["Labels"] == {
        "version": "1.0.0",
        "word": WORD,
        f"{place}.version": "1.0.0",
        f"{place}.revision": project.git("rev-parse", "HEAD"),
        f"{place}.created": project.git("log", "-1", "--format=%cI"),
    }


def test_a_platform_that_the_builder_lacks_is_refused_before_anything_is_built(project: Clone, tmp_path: Path) -> None:
    builder = survey(LocalRunner(tmp_path, project.environ))
    assert "linux/amd64" in builder.platforms or "linux/arm64" in builder.platforms
    [lacking] = builder.lacks(("linux/mips64",))
    file = project.folder / "pyproject.toml"
    before = file.read_text(encoding="utf-8")
    file.write_text(before.replace(f'context = "{small.TWO}"', f'context = "{small.TWO}"\nplatforms = ["{lacking}"]'))
    try:
        done = project.nox("-s", "images", "--", "development", code=1)
    finally:
        file.write_text(before)
    assert f"{small.TWO}-development cannot be built for linux/mips64: the builder 'default' builds for" in done.output
    assert builder.platforms[0] in done.output
    assert images(f"{small.TWO}-dev:") == []


def test_what_another_checkout_builds_leaves_what_is_tested_here(project: Clone, tmp_path: Path) -> None:
    other = small.copy(project, tmp_path / "other")
    (other.folder / small.ONE / "Dockerfile").write_text(small.DOCKERFILE.replace("/out/development", "/out/another"))
    names = [f"{small.ONE}-dev:1.0.0"]
    made = {}
    for checkout in (project, other):
        checkout.nox("-s", "images", "--", "development")
        made[checkout.id] = own_images.ids(LocalRunner(tmp_path, {}), checkout.folder, names)[names[0]]
    assert made[project.id] != made[other.id]
    assert own_images.image_ids(LocalRunner(tmp_path, {}), names)[names[0]] == made[other.id]
    for checkout, file in ((project, "/out/development"), (other, "/out/another")):
        docker("run", "--rm", made[checkout.id], "ls", file)


def test_what_is_built_twice_is_the_same_unless_a_file_is_named(project: Clone) -> None:
    output = project.nox("-s", "images", "--", "--verify-reproducible").output
    release = project.git("rev-parse", "HEAD")[:12]
    assert all(f"{name}:1.0.0-{release} is reproducible: sha256:" in output for name in NAMES)
    assert images(f"{small.ONE}:1.0.0-{release}-") == []
    file = project.folder / small.TWO / "Dockerfile"
    before = file.read_text(encoding="utf-8")
    file.write_text(before.replace("chmod -R", "date +%N > /out/made/when && chmod -R"))
    try:
        done = project.nox("-s", "images", "--", "--verify-reproducible", code=1)
    finally:
        file.write_text(before)
    assert "layer 1 (COPY /out/ / # buildkit): made/when: content" in "".join(
        line for line in done.output.splitlines() if line.startswith("built twice, not the same: ")
    )
    assert f"{small.ONE}:1.0.0-{release}-dirty-" in done.output
    assert "layer 1 (COPY /out/ / # buildkit): made/source" not in done.output


def published(place: str, component: str) -> dict[str, str]:
    """Give the digests of a component's tags, without those of its caches."""
    found = tags(place, f"acme/small-{component}")
    return {tag: digest for tag, digest in found.items() if not tag.startswith("cache.")}


def test_publishing_gives_every_tag_and_a_rebuild_has_to_be_the_same(project: Clone, place: str) -> None:
    project.commit("Bring a package", lambda folder: bring_package(folder / small.ONE))
    project.git("checkout", "--quiet", "-b", "feature/new-login")
    words = ("publish", "--target", "remote", "--plain")
    project.invoke(*words)
    release = project.git("rev-parse", "HEAD")[:12]
    wanted = {f"1.0.0-{release}", "1.0.0", "feature-new-login"}
    held = {name: published(place, name) for name in NAMES}
    assert {name: set(found) for name, found in held.items()} == dict.fromkeys(NAMES, wanted)
    assert all(len(set(found.values())) == 1 for found in held.values())
    project.invoke(*words, "--rebuild")
    told = (project.last_run() / "logs/publish.push.log").read_text(encoding="utf-8")
    image = {name: image_digests(place, f"acme/small-{name}", held[name]["1.0.0"])[0] for name in NAMES}
    assert f"{small.ONE}:1.0.0-{release}: built anew, and it is {image[small.ONE]} again" in told
    assert {name: published(place, name) for name in NAMES} == held
    # What git was told not to look at can be in an image all the same.
    source = project.folder / small.TWO / "source"
    project.git("update-index", "--assume-unchanged", str(source))
    source.write_text("another\n")
    refused = project.invoke(*words, "--rebuild", code=8)
    source.write_text(f"{small.TWO}\n")
    project.git("update-index", "--no-assume-unchanged", str(source))
    told = f"{place}/acme/small-{small.TWO}:1.0.0-{release} is {image[small.TWO]} in the registry, and built anew"
    assert f"{told} it is sha256:" in refused.output
    # What it only ignores is seen.
    (project.folder / small.TWO / "ignored").write_text("another\n")
    seen = project.invoke(*words, code=8).output
    (project.folder / small.TWO / "ignored").unlink()
    assert f"git ignores {small.TWO}/ignored, and a build may take it in" in seen
    assert f"fix: exclude it in {small.TWO}/.dockerignore, or commit it" in seen
    project.git("checkout", "--quiet", "main")
    project.invoke(*words)
    wanted |= {"main", "latest"}
    assert {name: published(place, name) for name in NAMES} == {
        name: dict.fromkeys(wanted, held[name]["1.0.0"]) for name in NAMES
    }
    # What the first publish left in the registry, the next one that builds takes.
    project.commit("Write another source", lambda folder: write(folder / small.THREE / "source", "another"))
    project.invoke(*words)
    log = (project.last_run() / "logs/publish.images.log").read_text(encoding="utf-8")
    assert f"{small.THREE}-production: cache general" in log
    assert re.search(rf"{small.THREE}-production: [0-9]+ of [0-9]+ steps from ", log)
    assert f"{small.THREE}:1.0.0-{project.git('rev-parse', 'HEAD')[:12]}: 0.0 MB above its base (+0.0 MB since " in log


def bring_package(folder: Path) -> None:
    (folder / "left_pad-1.2.dist-info").mkdir()
    write(folder / "left_pad-1.2.dist-info/METADATA", "Metadata-Version: 2.1\nName: Left_Pad\nVersion: 1.2\n")


def test_standard_tools_read_how_a_published_image_was_made(project: Clone, place: str) -> None:
    project.git("checkout", "--quiet", "feature/new-login")
    commit = project.git("rev-parse", "HEAD")
    reference = f"{place}/acme/small-{small.ONE}:1.0.0-{commit[:12]}"

    def told(what: str) -> dict[str, Any]:
        words = ("buildx", "imagetools", "inspect", reference, "--format", f"{{{{json .{what}}}}}")
        found: dict[str, Any] = json.loads(docker(*words))
        return found

    assert told("Provenance")["SLSA"]["builder"]["id"].startswith("machine:")
    packages = [(one["name"], one["versionInfo"]) for one in told("SBOM")["SPDX"]["packages"]]
    assert packages == [("left-pad", "1.2")]
    found = project.json("images.inspect", "--target", "remote", "--ref", reference)
    assert (found["commit"], found["version"], found["built_from"]) == (commit, "1.0.0", commit)
    assert found["packages"] == [{"kind": "pypi", "name": "left-pad", "version": "1.2"}]
    assert "debian:trixie-slim" in {one["name"] for one in found["images"]}
    assert found["missing"] == ["no label org.opencontainers.image.source"]
    absent = project.invoke("images.inspect", "--target", "remote", "--ref", f"{reference}x", code=2)
    assert f"{reference}x is not in the registry" in absent.output
    silent = project.invoke("images.inspect", "--ref", "127.0.0.1:9/a:1", code=4)
    assert "registry 127.0.0.1:9 does not answer for 127.0.0.1:9/a:1" in silent.output
    project.git("checkout", "--quiet", "main")


def test_what_outgrows_its_budget_is_told_beside_the_release_before(project: Clone, place: str, tmp_path: Path) -> None:
    def grow(folder: Path) -> None:
        write(folder / small.THREE / "source", "x" * 1_200_000)
        file = folder / "pyproject.toml"
        part = f'context = "{small.THREE}"\n'
        write(file, file.read_text(encoding="utf-8").replace(part, f"{part}budget_mb = 1\n"))

    release = project.commit("Let the source grow", grow)[:12]
    project.git("checkout", "--quiet", "-b", "feature/large")
    told = f"{small.THREE}:1.0.0-{release}: 1.2 MB above its base, 0.2 MB over budget; since the last of main: "
    words = ("publish", "--target", "remote", "--plain")
    assert f"{told}made/source +1.2 MB" in project.invoke(*words, code=3).output
    # As on a machine of GitHub's: nothing of the release before is here.
    copied = small.copy(project, tmp_path / "copied")
    small.remove_images()
    assert f"{told}made/source +1.2 MB" in copied.invoke(*words, code=3).output
    assert f"1.0.0-{release}" not in published(place, small.THREE)
    left = [image for image in images(place) if "<none>" in image]
    assert left == []
    project.git("checkout", "--quiet", "main")
    project.git("reset", "--quiet", "--hard", "HEAD~1")


def test_what_is_unfit_is_not_published(project: Clone, place: str) -> None:
    secret = f"{HARD} another"  # the first is a build argument here
    project.environ |= {"DB_PASSWORD": secret, "REDIS_PASSWORD": "another-password"}

    def spoil(folder: Path) -> None:
        write(folder / small.ONE / "source", f"password = {json.dumps(secret)}")
        file = folder / small.TWO / "Dockerfile"
        write(file, file.read_text(encoding="utf-8").replace("USER 1000\n", ""))
        write(folder / small.THREE / "app.js.map", "{}")

    release = project.commit("Put in what does not belong there", spoil)[:12]
    output = project.invoke("publish", "--target", "remote", "--plain", code=3).output
    for name, finding in (
        (small.ONE, "DB_PASSWORD stands in layer 1 (COPY /out/ / # buildkit): made/source"),
        (small.TWO, "it runs as root"),
        (small.THREE, "made/app.js.map does not belong in production"),
    ):
        assert f"{name}:1.0.0-{release}: {finding}" in output
        assert f"1.0.0-{release}" not in published(place, name)
    for file in project.last_run().rglob("*"):
        assert not file.is_file() or secret.encode() not in file.read_bytes()


def write(file: Path, text: str) -> None:
    file.write_text(text, encoding="utf-8")
