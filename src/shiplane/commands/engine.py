"""Questions and orders to the container engine by its own client."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shiplane.model import Command

if TYPE_CHECKING:
    from collections.abc import Mapping

STAND_IN_LABEL = "dev.shiplane.stand-in"
RECIPE_LABEL = "dev.shiplane.recipe"
CONTAINERD_STORE = "io.containerd.snapshotter"
"""Stands in the engine's answer about its store where images live in containerd's."""


def info() -> Command:
    """Ask for the engine's version, its image store, and the client's plugins with their versions."""
    plugins = "{{range .ClientInfo.Plugins}}{{.Name}} {{.Version}} {{end}}"
    return Command(
        ("docker", "info", "--format", f"{{{{.ServerVersion}}}}|{{{{.DriverStatus}}}}|{plugins}"), timeout=20
    )


def label(image: str, name: str) -> Command:
    """Ask for one label of a local image; fails where the image is not there."""
    return Command(("docker", "image", "inspect", "--format", f'{{{{index .Config.Labels "{name}"}}}}', image))


def image_ids(references: tuple[str, ...]) -> Command:
    """Ask for the ids and names of local images, a line each; fails where one is not there, and tells of the others."""
    return Command(("docker", "image", "inspect", "--format", "{{.Id}}\t{{json .RepoTags}}", *references), timeout=60)


def tag(source: str, target: str) -> Command:
    """Give a local image another name."""
    return Command(("docker", "tag", source, target))


def push(reference: str) -> Command:
    """Send an image to its registry."""
    return Command(("docker", "push", "--quiet", reference))


def pull(reference: str) -> Command:
    """Fetch an image from its registry."""
    return Command(("docker", "pull", "--quiet", reference))


def manifest(reference: str) -> Command:
    """Ask a registry for the digest of a reference, as `{"digest": "sha256:…"}`."""
    argv = ("docker", "buildx", "imagetools", "inspect", reference, "--format", "{{json .Manifest}}")
    return Command(argv, timeout=60)


def run_tests(image: str, name: str, argv: tuple[str, ...], env: Mapping[str, str]) -> Command:
    """Run a command in an image, without network, keeping the container so that its files can be copied out."""
    settings = [item for key, value in sorted(env.items()) for item in ("--env", f"{key}={value}")]
    return Command(("docker", "run", "--init", "--name", name, "--network", "none", *settings, image, *argv))


def copy_out(container: str, path: str, folder: str) -> Command:
    """Copy a folder of a stopped container to this machine."""
    return Command(("docker", "cp", "--quiet", f"{container}:{path}/.", folder))


def remove(*containers: str) -> Command:
    """Remove containers with their anonymous volumes; none of them need exist."""
    return Command(("docker", "rm", "--force", "--volumes", *containers))
