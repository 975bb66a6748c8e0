"""Stand-ins of official images, built from distribution packages."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from shiplane.commands.engine import RECIPE_LABEL
from shiplane.lab.engine import Engine, docker
from shiplane.lab.images import node_wheel, rootfs
from shiplane.lab.images.catalogue import (
    FOLDER,
    ROOT_IMAGE,
    SUITE,
    BaseImage,
    generator_reference,
    parse_packages,
    recipe,
    server_reference,
    upstream_version,
)
from shiplane.runners.base import now

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from concurrent.futures import Future

    from shiplane.model import Command
    from shiplane.runners.base import Runner

_BUILD_SECONDS = 900.0
_CA_BUNDLE = "/etc/ssl/certs/ca-certificates.crt"


@dataclass(frozen=True, slots=True)
class Workshop:
    """Hold what all builds of one go share: a scratch folder and the date of the package lists."""

    engine: Engine
    folder: Path
    lists_date: str
    report: Callable[[str], None]

    @property
    def runner(self) -> Runner:
        """Give the runner of the engine."""
        return self.engine.runner

    def build_command(self, folder: str, *arguments: str) -> Command:
        """Build an image's folder; the machine's CA bundle goes along as a secret and stays in no layer."""
        bundle = os.environ.get("SSL_CERT_FILE", _CA_BUNDLE)
        secret = ("--secret", f"id=ca,src={bundle}") if Path(bundle).is_file() else ()
        shared = ("--build-context", f"kit={FOLDER / 'kit'}", "--build-arg", f"LISTS_DATE={self.lists_date}")
        argv = ("buildx", "build", "--progress=plain", "--provenance=false", *secret, *shared, *arguments)
        return docker(*argv, str(FOLDER / folder), timeout=_BUILD_SECONDS)


def make_all(workshop: Workshop, images: Sequence[BaseImage], *, root: bool, server: bool) -> None:
    """Make the root image where `root` is set, then the stand-ins and the server's image side by side."""
    with ThreadPoolExecutor(len(images) + 2) as pool:
        wheel = pool.submit(_node_wheel, workshop, images)
        if root:
            make_root(workshop)
        jobs: list[Future[None]] = [pool.submit(make_server, workshop)] if server else []
        jobs += [pool.submit(make_stand_in, workshop, image, wheel) for image in images]
        for job in jobs:
            job.result()


def make_root(workshop: Workshop) -> None:
    """Make the image that the others start from."""
    started = now()
    workshop.report(f"{ROOT_IMAGE}: making a root file system from packages")
    archive = rootfs.make(workshop.runner, workshop.folder)
    contains = ("--build-arg", f"CONTAINS=Debian {SUITE}, made by mmdebstrap on {workshop.lists_date}")
    command = docker(
        *("buildx", "build", "--provenance=false", "--tag", ROOT_IMAGE, *contains),
        *("--file", str(FOLDER / "debian" / "Dockerfile"), str(archive.parent)),
        timeout=_BUILD_SECONDS,
    )
    workshop.engine.build(f"make the stand-in of {ROOT_IMAGE}", command)
    archive.unlink(missing_ok=True)
    workshop.report(f"{ROOT_IMAGE}: made in {now() - started:.0f} s")


def make_stand_in(workshop: Workshop, image: BaseImage, wheel: Future[Path | None]) -> None:
    """Build one stand-in: once for the versions that come out, again (from the cache) to label it with them."""
    started = now()
    workshop.report(f"{image.name}: making a stand-in")
    unpacked = wheel.result() if image.folder == "node" else None
    context = ("--build-context", f"wheel={unpacked}") if unpacked else ()
    target = workshop.folder / "versions" / image.folder
    output = ("--target", "versions", "--output", f"type=local,dest={target}")
    what = f"make the stand-in of {image.name}"
    workshop.engine.build(what, workshop.build_command(image.folder, *context, *output))
    version = parse_packages((target / "packages").read_text(encoding="utf-8"))[image.package]
    contains = f"{image.package} {version} on Debian {SUITE}"
    labels = (
        *("--build-arg", f"CONTAINS={contains}", "--build-arg", f"VERSION={upstream_version(version)}"),
        *("--label", f"{RECIPE_LABEL}={recipe(image.folder)}"),
    )
    command = workshop.build_command(image.folder, *context, *labels, "--target", "image", "--tag", image.name)
    workshop.engine.build(what, command)
    workshop.report(f"{image.name}: made from {contains} in {now() - started:.0f} s")


def make_server(workshop: Workshop) -> None:
    """Build the image of the stand-in servers; it never travels, so its layers are left uncompressed."""
    started = now()
    name = server_reference()
    workshop.report(f"{name}: making the image of the stand-in servers")
    output = ("--tag", name)
    if workshop.engine.keeps_compressed_layers():
        output = ("--output", f"type=image,name={name},compression=uncompressed,unpack=true")
    workshop.engine.build("make the image of the stand-in servers", workshop.build_command("server", *output))
    workshop.report(f"{name}: made in {now() - started:.0f} s")


def make_generator(workshop: Workshop) -> None:
    """Build the image that writes bills of materials, on the base image for Python."""
    name = generator_reference()
    workshop.report(f"{name}: making a generator of bills of materials, for BuildKit's own cannot be pulled here")
    workshop.engine.build("make the generator of bills of materials", workshop.build_command("sbom", "--tag", name))


def _node_wheel(workshop: Workshop, images: Sequence[BaseImage]) -> Path | None:
    if not any(image.folder == "node" for image in images):
        return None
    return node_wheel.fetch(workshop.runner, workshop.folder)
