"""Build caches: what tells the builder where to read and to write one, and how it is handed to a Nox session."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from itertools import count
from typing import TYPE_CHECKING

from shiplane.model import Command

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

VARIABLE = "SHIPLANE_CACHES"
"""Names the file in which a run tells its Nox sessions which caches to use."""
_MODE = "mode=max"
_REGISTRY = "image-manifest=true,oci-mediatypes=true,ignore-error=true"


@dataclass(frozen=True, slots=True)
class Cache:
    """Say what one image is built with: the level that was found, where to read and where to write.

    The first of the `targets` is written with the build; the others after it from that one, which `written` reads.
    """

    level: str = ""
    sources: tuple[str, ...] = ()
    targets: tuple[str, ...] = ()
    written: str = ""


def registry(reference: str, compression: str) -> tuple[str, str]:
    """Give a cache in a registry: as a source and as a target, which fails no build."""
    return f"type=registry,ref={reference}", f"type=registry,ref={reference},{_MODE},{_packed(compression)},{_REGISTRY}"


def folder(path: str, compression: str) -> tuple[str, str]:
    """Give a cache in a folder of this machine."""
    return f"type=local,src={path}", f"type=local,dest={path},{_MODE},{_packed(compression)},ignore-error=true"


def github(scope: str) -> tuple[str, str]:
    """Give one of GitHub's caches; how it is packed is the builder's choice."""
    return f"type=gha,scope={scope}", f"type=gha,scope={scope},{_MODE},ignore-error=true"


def options(caches: Mapping[str, Cache], *, read: bool = True) -> tuple[str, ...]:
    """Give bake's options for the build, by its names of images; without `read` caches are only written."""
    words = []
    for name, cache in sorted(caches.items()):
        words += [f"--set={name}.cache-from={source}" for source in cache.sources if read]
        words += [f"--set={name}.cache-to={target}" for target in cache.targets[:1]]
    return tuple(words)


def further(caches: Mapping[str, Cache]) -> Iterator[tuple[str, ...]]:
    """Give bake's options for each further call, which writes one more level of each image.

    Of several caches that BuildKit 0.12 writes side by side into one repository, a registry (distribution 2.8) answers
    400 to one in every tenth build, and it is lost. A call reads the first level, for the builder's own memory is not
    enough: of what it took from a cache, it keeps nothing of stages that are only copied from.
    """
    for number in count(1):
        words: list[str] = []
        for name, cache in sorted(caches.items()):
            if len(cache.targets) > number:
                words += (f"--set={name}.cache-from={cache.written}", f"--set={name}.cache-to={cache.targets[number]}")
        if not words:
            return
        yield tuple(words)


def _packed(compression: str) -> str:
    """Pack what is not packed yet: a layer that an image has too stays as it is there."""
    return f"compression={compression}"


def manifest(reference: str) -> Command:
    """Ask a registry for a manifest, byte for byte."""
    return Command(("docker", "buildx", "imagetools", "inspect", "--raw", reference), timeout=60)


def write(caches: Mapping[str, Cache]) -> str:
    """Write caches for a Nox session."""
    return json.dumps({name: asdict(cache) for name, cache in caches.items()}, indent=2)


def read(text: str) -> dict[str, Cache]:
    """Read what `write` wrote."""
    return {
        name: Cache(one["level"], tuple(one["sources"]), tuple(one["targets"]), one["written"])
        for name, one in json.loads(text).items()
    }
