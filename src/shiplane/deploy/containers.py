"""The containers of an environment, as its engine tells of them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from shiplane.model import Image

_NEVER = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Container:
    """Describe one container: `hash` is that of its configuration, `digests` are `repository@sha256:…`.

    `state` is the engine's own object. One that shares the network of another is `cut_off` when that one was started
    again since: it runs, is healthy by its own measure, and nobody reaches it.
    """

    service: str
    once: bool
    hash: str
    id: str
    reference: str
    digests: tuple[str, ...]
    state: dict[str, Any]
    restarts: int
    policy: str
    cut_off: bool = False

    @property
    def status(self) -> str:
        """Give the engine's word, such as running, exited or restarting."""
        return str(self.state.get("Status", ""))

    @property
    def health(self) -> str:
        """Give the health check's word; empty where there is no check."""
        return str((self.state.get("Health") or {}).get("Status", "")).replace("none", "")

    @property
    def well(self) -> bool:
        """Tell whether it does its work or has done it."""
        if self.cut_off:
            return False
        if self.status == "exited":
            return self.state.get("ExitCode") == 0 and self.policy in {"", "no"}
        return self.status == "running" and self.health in {"", "healthy"}

    @property
    def is_asked_anew(self) -> bool:
        """Tell whether it runs and its health check has not answered yet."""
        return self.status == "running" and self.health == "starting"

    def digest_of(self, image: Image) -> str | None:
        """Give the digest it runs where its image is of the same repository; the given one where it has several."""
        name = repository(image.reference)
        mine = [entry.partition("@")[2] for entry in self.digests if repository(entry) == name]
        if image.digest in mine:
            return image.digest
        return mine[0] if mine else None

    @property
    def digest(self) -> str:
        """Give the digest it runs, the one of its own reference where it has several."""
        known = [entry.partition("@")[2] for entry in self.digests]
        named = self.reference.partition("@")[2]
        return named if named in known or not known else known[0]


def repository(reference: str) -> str:
    """Cut tag and digest off an image reference, and of one at Docker Hub what an engine leaves out of its name."""
    name = reference.partition("@")[0]
    folder, slash, last = name.rpartition("/")
    return (folder + slash + last.partition(":")[0]).removeprefix("docker.io/").removeprefix("library/")


def beside(found: Iterable[Container], images: Iterable[Image]) -> frozenset[str]:
    """Give the images that run, or have done their work, beside those of a release, as `repository@sha256:…`."""
    ours = {repository(image.reference) for image in images}
    used = (one for one in found if not one.once and (one.status == "running" or one.well) and one.digest)
    named = ((repository(one.reference), one.digest) for one in used)
    return frozenset(f"{name}@{digest}" for name, digest in named if name not in ours)


def containers(texts: Iterable[str], images: Iterable[str] = ()) -> tuple[Container, ...]:
    """Read the containers' objects, with the digests of their images."""
    digests = {image["id"]: tuple(image["digests"] or ()) for image in map(json.loads, images)}
    found = [json.loads(text) for text in texts]
    started = {data["id"]: _started(data) for data in found}
    return tuple(
        Container(
            service=data["service"] or "",
            once=data["once"] == "True",
            hash=data.get("hash") or "",
            id=data["id"],
            reference=data["reference"],
            digests=digests.get(data["image"], ()),
            state=data["state"],
            restarts=data["restarts"],
            policy=data["policy"] or "",
            cut_off=started.get(_network_owner(data), _NEVER) > started[data["id"]],
        )
        for data in found
    )


def _network_owner(data: Mapping[str, Any]) -> str:
    """Give the id of the container whose network another one shares."""
    kind, _, owner = str(data.get("network") or "").partition(":")
    return owner if kind == "container" else ""


def _started(data: Mapping[str, Any]) -> datetime:
    return datetime.fromisoformat(data["state"].get("StartedAt") or _NEVER.isoformat())
