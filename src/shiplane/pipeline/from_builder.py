"""Publishing by a builder that is not the engine's: it sends what it has built, with what it attests of it."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from shiplane.commands import buildx, image
from shiplane.errors import RegistryUntrusted, StepFailed, Unreachable, Unsafe
from shiplane.facts.saved import Saved
from shiplane.model import Image
from shiplane.pipeline.execute import run_checked
from shiplane.runners import temporary

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from shiplane.commands.buildx import Build
    from shiplane.pipeline.registry import Registry
    from shiplane.runners.base import Runner

_DIGEST = "containerimage.digest"
_NOT_REACHED = (Unreachable, RegistryUntrusted)
"""What a builder tells of a registry that the engine may reach all the same, from elsewhere or with other settings."""


@dataclass(frozen=True, slots=True)
class FromBuilder:
    """Send images from a builder, which `variables` name, with what `attest` asks for; `ca_bundle` is a file or empty.

    The engine's store has no room for what another builder attests: what was loaded into it, and looked at, is the
    image alone. The builder still has all of it. `note` takes what belongs into every report.
    """

    runner: Runner
    registry: Registry
    ca_bundle: str
    variables: tuple[tuple[str, str], ...]
    attest: tuple[str, ...]
    say: Callable[[str], None]
    note: Callable[[str], None]

    def send(self, build: Build, repository: str) -> Image | None:
        """Send a build by its digest, under no tag; None, and a line, where the builder does not reach the registry.

        Raises `Unsafe` where it is not the image that the engine holds.
        """
        with temporary.folder("publish") as place:
            digest = self._received(build, repository, place)
            if digest is None:
                return None
            sent, checked = Image(repository, digest), self._settings(build.tag, place / "image.tar")
        found = {parts[0] for parts in self.registry.parts(sent.pinned).values() if parts}
        # The settings name every layer by what is in it: with the same ones, it is the same image, on each platform.
        if checked != found:
            raise Unsafe(
                f"the builder made another image of {build.name} than the one that was looked at: "
                f"{', '.join(sorted(found)) or 'none'} instead of {', '.join(sorted(checked))}",
                "nothing was named; build it again: invoke publish --rebuild",
            )
        return sent

    def _received(self, build: Build, repository: str, place: Path) -> str | None:
        """Let the builder send it, and give the digest; None where it does not reach the registry."""
        file, told = place / "bake.json", place / "told.json"
        file.write_text(buildx.definition((replace(build, tag=""),)), encoding="utf-8")
        command = buildx.bake(
            str(file), self.ca_bundle, output=buildx.by_digest(repository, str(told)), attest=self.attest
        )
        try:
            self.registry.receive(replace(command, env=(*command.env, *self.variables)), repository)
        except Unreachable as error:
            if type(error) not in _NOT_REACHED:
                raise
            text = f"{build.name} is published without what is attested, for its builder says: {error.cause}"
            self.say(text)
            self.note(text)
            return None
        return _digest(told.read_text(encoding="utf-8"), build.name)

    def _settings(self, tag: str, file: Path) -> set[str]:
        run_checked(self.runner, image.save(tag, str(file)), "saving the image", self.say, None)
        with Saved(file) as saved:
            return {each.settings for each in saved.images}


def _digest(told: str, name: str) -> str:
    try:
        return str(json.loads(told)[name][_DIGEST])
    except (ValueError, KeyError, TypeError) as error:
        raise StepFailed(f"the builder does not tell which digest {name} has", "see its lines above") from error
