"""Building images: one bake definition for all images that are built together."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

from shiplane.model import Command

TARGETS = ("development", "production")
NO_CACHE = "--no-cache"
CA_VARIABLES = ("CA_BUNDLE", "SSL_CERT_FILE", "NODE_EXTRA_CA_CERTS")
"""Variables that name the certificate authorities which builds trust; the first that is set counts."""
BUILDER_VARIABLE = "BUILDX_BUILDER"
"""Names the builder that buildx uses."""
_TEMPLATE = re.compile(r"([$%])\{")
ATTESTATIONS = "SHIPLANE_ATTESTATIONS"
"""Holds what a run lets its Nox session attest, as a JSON list."""
_PROVENANCE = "type=provenance"
_PACKED = "compression=gzip,force-compression=true"
"""Says how the layers of an image are packed, however those of a cache are: its digest depends on it."""
# In less time than gzip takes; layers of the base image stay as they are.
_PACKED_FAST = "compression=zstd"
NOTHING = ("--set=*.output=type=cacheonly",)
"""Says that a build goes nowhere: it was there already, and only a cache is written of it."""


@dataclass(frozen=True, slots=True)
class Build:
    """Describe one image to build; `name` is bake's for it, `target` a stage of the Dockerfile (the last where empty).

    `platforms` are the builder's own where there are none; `labels` win over the Dockerfile's. Without a `tag` it gets
    no name. One that `stays` on this machine shares its tag with those of other checkouts.
    """

    name: str
    context: str
    tag: str
    target: str = ""
    arguments: tuple[tuple[str, str], ...] = ()
    platforms: tuple[str, ...] = ()
    labels: tuple[tuple[str, str], ...] = ()
    stays: bool = False


def definition(builds: tuple[Build, ...]) -> str:
    """Write the bake file (JSON) for the builds; it is the same on every machine."""
    targets = {build.name: _target(build) for build in builds}
    return json.dumps({"group": {"default": {"targets": sorted(targets)}}, "target": targets}, indent=2, sort_keys=True)


def bake(file: str, ca_bundle: str, *options: str, output: tuple[str, ...], attest: tuple[str, ...] = ()) -> Command:
    """Build all targets of a bake file in one call; `output` says where to, `ca_bundle` is a file or empty.

    Of what is not in `attest`, nothing is attested: the builder would add a provenance by itself.
    """
    secret = (f"--set=*.secrets=id=ca,src={ca_bundle}",) if ca_bundle else ()
    plain = () if any(word.startswith(_PROVENANCE) for word in attest) else ("--provenance=false",)
    attested = (*plain, *(f"--set=*.attest={word}" for word in attest))
    return Command(
        ("docker", "buildx", "bake", "--file", file, *output, *attested, "--progress=plain", *secret, *options)
    )


def loaded(builds: tuple[Build, ...]) -> tuple[str, ...]:
    """Say that builds go into the engine's own store; what stays there need not be packed for any other."""
    packed = ((build.name, _PACKED_FAST if build.stays else _PACKED) for build in builds)
    return tuple(f"--set={name}.output=type=docker,{how}" for name, how in packed)


def also_called(build: Build, name: str) -> tuple[str, ...]:
    """Say that an image gets a name beside its tag."""
    return tuple(f"--set={build.name}.tags={tag}" for tag in (build.tag, name))


def by_digest(repository: str, told: str) -> tuple[str, ...]:
    """Say that a build goes from the builder into a repository, under no tag; its digest is written into a file."""
    return (
        f"--set=*.output=type=image,name={repository},push-by-digest=true,push=true,store=false,{_PACKED}",
        f"--metadata-file={told}",
    )


def provenance(builder: str) -> str:
    """Attest how an image was built, with all that is known of it, and by whom."""
    return f"{_PROVENANCE},mode=max,builder-id={builder}"


def sbom(generator: str) -> str:
    """Attest what is in an image; without a `generator` BuildKit takes its own."""
    return f"type=sbom,generator={generator}" if generator else "type=sbom"


def inspect(name: str = "") -> Command:
    """Ask a builder, by default the one in use, who it is and what it builds for; one that sleeps is woken for it."""
    return Command(("docker", "buildx", "inspect", "--bootstrap", *((name,) if name else ())), timeout=120)


def create(name: str, image: str) -> Command:
    """Make a builder in a container, which starts when it is needed; on this machine's network, as the engine's own."""
    options = ("--driver", "docker-container", "--driver-opt", f"image={image},network=host")
    return Command(("docker", "buildx", "create", "--name", name, *options), timeout=60)


def _target(build: Build) -> dict[str, Any]:
    told: dict[str, Any] = {
        "context": _literal(build.context),
        "target": _literal(build.target),
        "tags": [_literal(build.tag)] if build.tag else [],
        "args": {name: _literal(value) for name, value in build.arguments},
        "platforms": list(build.platforms),
        "labels": {name: _literal(value) for name, value in build.labels},
    }
    return {key: value for key, value in told.items() if value}


def _literal(text: str) -> str:
    """Keep bake from reading a text as a template."""
    return _TEMPLATE.sub(r"\1\1{", text)
