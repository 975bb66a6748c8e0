"""The builder that writes caches: the one in use, or one in a container where the engine's own writes none."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from shiplane.commands import buildx
from shiplane.errors import TimeLimit
from shiplane.facts import builder
from shiplane.lab.images.ensure import stand_ins_used

if TYPE_CHECKING:
    from collections.abc import Callable

    from shiplane.model import Command
    from shiplane.runners.base import Runner

    Env = tuple[tuple[str, str], ...]

_CLASSIC = "the engine's image store is the classic one, whose builder writes neither caches nor attestations"


@dataclass(frozen=True, slots=True)
class Chosen:
    """Tell whether the builder writes caches, and its `name` where it is not the one in use.

    `attests` tells whether what it attests gets into the engine's store with the image.
    """

    writes: bool
    name: str = ""
    attests: bool = True

    @property
    def sends(self) -> bool:
        """Tell whether only the builder itself can publish an image with what it attests."""
        return self.writes and not self.attests

    @property
    def variables(self) -> tuple[tuple[str, str], ...]:
        """Give what lets a build use it."""
        return ((buildx.BUILDER_VARIABLE, self.name),) if self.name else ()


def choose(runner: Runner, image: str, say: Callable[[str], None], env: Env = ()) -> Chosen:
    """Take the builder in use where it writes caches; else one in a container, made where `image` can be had.

    Where it cannot, one line says why. `env` is that of the build: a client's settings tell which builders it knows.
    """
    used = builder.survey(runner)
    if used.exports_caches:
        return Chosen(writes=True, attests=used.attests)
    name = named(image)
    lack = _start(runner, image, name, env)
    if lack:
        say(f"{_CLASSIC}, and {lack}: caches are only read, and nothing is attested")
        return Chosen(writes=False, attests=False)
    say(f"{_CLASSIC}: building by {name}, a container of {image}")
    return Chosen(writes=True, name=name, attests=False)


def named(image: str) -> str:
    """Name the builder of an image: with another one configured it is another builder."""
    return f"shiplane-{hashlib.sha256(image.encode()).hexdigest()[:8]}"


def _start(runner: Runner, image: str, name: str, env: Env) -> str:
    """Let the builder in a container run, and give why that cannot be; empty where it runs."""
    if not image:
        return "no other is configured"
    if stand_ins_used(runner):
        return "another one would not know the stand-ins of base images that this engine holds"
    try:
        if runner.run(_with(buildx.inspect(name), env)).ok:
            return ""
        # Another run may have made it meanwhile: what counts is whether it starts.
        runner.run(_with(buildx.create(name, image), env))
        started = runner.run(_with(buildx.inspect(name), env))
    except TimeLimit as error:
        return f"{image} cannot be had ({error.cause})"
    return "" if started.ok else f"{image} cannot be had ({' '.join(started.tail(1)) or 'nothing is said'})"


def _with(command: Command, env: Env) -> Command:
    return replace(command, env=(*command.env, *env))
