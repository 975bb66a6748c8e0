"""Which image a production image stands on: told in its labels, where this machine knows the digest."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

from shiplane.commands import image
from shiplane.facts.dockerfile import base_of
from shiplane.planning.labels import BASE_DIGEST, BASE_NAME

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from pathlib import Path

    from shiplane.commands.buildx import Build
    from shiplane.runners.base import Runner


def labelled(runner: Runner, checkout: Path, listed: Iterable[Build], known: Collection[str]) -> tuple[Build, ...]:
    """Label those builds that have labels at all with name and digest of their base.

    Only a base among `known` counts: what every machine holds before it builds. Another one would be told here and
    not there, and make two images of one commit.
    """
    return tuple(_labelled(runner, checkout, build, known) if build.labels else build for build in listed)


def _labelled(runner: Runner, checkout: Path, build: Build, known: Collection[str]) -> Build:
    try:
        text = (checkout / build.context / "Dockerfile").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return build  # the builder says it better
    name = base_of(text, build.target, dict(build.arguments))
    digest = _digest(runner, name) if name in known else ""
    return replace(build, labels=(*build.labels, (BASE_NAME, name), (BASE_DIGEST, digest))) if digest else build


def _digest(runner: Runner, name: str) -> str:
    """Ask the engine; the classic store knows the digest of what was pulled, and none of a stand-in."""
    done = runner.run(image.digests(name))
    listed = json.loads(done.stdout or "null") or () if done.ok else ()
    own = f"{name.partition(':')[0]}@"
    return next((str(each).removeprefix(own) for each in listed if str(each).startswith(own)), "")
