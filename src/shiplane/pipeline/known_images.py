"""Images that were published from the very inputs of now, under the name of another commit."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from shiplane.commands import image
from shiplane.lab.images.catalogue import OFFICIAL_NAMES
from shiplane.model import Image
from shiplane.planning.inputs import Declared

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from shiplane.config import Config
    from shiplane.facts.checkout import CheckoutFacts
    from shiplane.model import Release
    from shiplane.pipeline.registry import Registry
    from shiplane.pipeline.reuse import Reuse
    from shiplane.pipeline.target import Target
    from shiplane.planning.keys import Item
    from shiplane.runners.base import Runner


class KnownImages:
    """Remember which image was made from which inputs: another commit with the same ones needs no build."""

    def __init__(self, reuse: Reuse, config: Config, facts: CheckoutFacts, target: Target) -> None:
        self._reuse = reuse
        self._config = config
        self._target = target
        self._declared = Declared(config, facts, tuple(sorted(OFFICIAL_NAMES)))

    def find(self, registry: Registry, but: Collection[str], say: Callable[[str], None]) -> dict[str, Image]:
        """Give those that the registry still holds, by component; those in `but` are not looked for."""
        found = {}
        for name in (component.name for component in self._config.components if component.name not in but):
            known = self._reuse.find(_step(name), self._items(name))
            if known is None:
                continue
            for repository, digest in known.images.items():
                if registry.digest(f"{repository}@{digest}") == digest:
                    say(f"{name}: run {known.run} published an image of the same inputs")
                    found[name] = Image(repository, digest)
        return found

    def in_engine(self, runner: Runner, components: Collection[str]) -> dict[str, str] | None:
        """Name by digest what the engine still holds of the same inputs; None where one of the components is not there.

        A registry that was emptied is filled from here: built anew they would be told by other digests, which nobody
        tested.
        """
        found = {}
        for name in components:
            known = self._reuse.find(_step(name), self._items(name))
            for repository, digest in known.images.items() if known else ():
                pinned = f"{repository}@{digest}"
                done = runner.run(image.digests(pinned))
                if done.ok and pinned in (json.loads(done.stdout) or ()):
                    found[name] = pinned
        return found if len(found) == len(components) else None

    def remember(self, release: Release, say: Callable[[str], None]) -> None:
        """Keep what this release's images were made from."""
        for name, made in release.images:
            self._reuse.keep_found(_step(name), self._items(name), {self._repository(name): made.digest}, say)

    def _items(self, component: str) -> tuple[Item, ...]:
        where = ("value", "repository", self._repository(component))
        return (*self._reuse.now(self._declared.images(component)), where)

    def _repository(self, component: str) -> str:
        return self._target.naming().repository(component)


def _step(component: str) -> str:
    return f"image.{component}"
