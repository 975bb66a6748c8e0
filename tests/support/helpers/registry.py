"""A registry of a test's own, on a port of this machine."""

from __future__ import annotations

import uuid
from contextlib import contextmanager
from typing import TYPE_CHECKING

import httpx

from helpers.engine import docker, wait_for
from shiplane.facts import image_manifest
from shiplane.lab.files import Planted, archive
from shiplane.lab.registry import configuration

if TYPE_CHECKING:
    from collections.abc import Iterator

_CONFIG = "/etc/shiplane/config.yml"
STORAGE = "/var/lib/registry/docker/registry/v2"
_TYPES = (
    "application/vnd.oci.image.index.v1+json",
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
    "application/vnd.docker.distribution.manifest.v2+json",
)


@contextmanager
def registry() -> Iterator[tuple[str, str]]:
    """Run a registry that asks for no password; give its address and the name of its container."""
    name = f"registry-test-{uuid.uuid4().hex[:12]}"
    docker("create", "--name", name, "--publish", "127.0.0.1::5000", "registry:3", _CONFIG)
    try:
        config = Planted(_CONFIG, configuration({}, read_only=False))
        docker("cp", "-", f"{name}:/", stdin=archive([config]).encode())
        docker("start", name)
        address = docker("port", name, "5000/tcp").decode().split()[0]
        wait_for("an answer of the registry", lambda: _answers(address))
        yield address, name
    finally:
        docker("rm", "--force", "--volumes", name)


def tags(address: str, repository: str) -> dict[str, str]:
    """Give the digests of a repository's tags."""
    listed = httpx.get(f"http://{address}/v2/{repository}/tags/list").json().get("tags") or []
    return {tag: digest(address, repository, tag) for tag in listed}


def digest(address: str, repository: str, tag: str) -> str:
    """Give the digest of one tag."""
    answer = httpx.head(f"http://{address}/v2/{repository}/manifests/{tag}", headers={"Accept": ", ".join(_TYPES)})
    return str(answer.headers["Docker-Content-Digest"])


def image_digests(address: str, repository: str, reference: str) -> tuple[str, ...]:
    """Give the digests of the images in an index, without what is attested of them."""
    url = f"http://{address}/v2/{repository}/manifests/{reference}"
    return image_manifest.images(httpx.get(url, headers={"Accept": ", ".join(_TYPES)}).text)


def remove_tag(container: str, repository: str, tag: str) -> None:
    """Remove one tag, and nothing that others name too."""
    docker("exec", container, "rm", "-r", f"{STORAGE}/repositories/{repository}/_manifests/tags/{tag}")


def _answers(address: str) -> bool:
    try:
        return httpx.get(f"http://{address}/v2/").is_success
    except httpx.HTTPError:
        return False
