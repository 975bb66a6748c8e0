"""Building images: one bake definition for all components of a target."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from shiplane.model import Command

TARGETS = ("development", "production")


@dataclass(frozen=True, slots=True)
class Build:
    """Describe one image to build: labels tell version, last commit of its inputs and that commit's time."""

    component: str
    context: str
    target: str
    tag: str
    version: str
    revision: str
    created: str


def definition(builds: tuple[Build, ...], ca_bundle: str) -> str:
    """Write the bake file (JSON) for the builds; `ca_bundle` is a file or empty."""
    targets = {f"{build.component}-{build.target}": _target(build, ca_bundle) for build in builds}
    return json.dumps({"group": {"default": {"targets": sorted(targets)}}, "target": targets}, indent=2, sort_keys=True)


def bake(file: str) -> Command:
    """Build all targets of a bake file in one call, into the engine's own store."""
    argv = ("docker", "buildx", "bake", "--file", file, "--load", "--provenance=false", "--progress=plain")
    return Command(argv)


def build_runner(tag: str, ca_bundle: str) -> Command:
    """Build the image of the browser tests."""
    secret = ("--secret", f"id=ca,src={ca_bundle}") if ca_bundle else ()
    head = ("docker", "buildx", "build", "--load", "--provenance=false", "--progress=plain")
    return Command((*head, *secret, "--tag", tag, "testing"))


def _target(build: Build, ca_bundle: str) -> dict[str, Any]:
    labels = {"VERSION": build.version, "REVISION": build.revision, "CREATED": build.created}
    target: dict[str, Any] = {
        "context": build.context,
        "target": build.target,
        "tags": [build.tag],
        "args": labels,
    }
    if ca_bundle:
        target["secret"] = [f"id=ca,src={ca_bundle}"]
    return target
