"""The sizes of the images that were released before, by the registry: what is not kept here is fetched once more."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from shiplane.commands import image
from shiplane.errors import StepFailed, Unreachable
from shiplane.facts import image_sizes
from shiplane.facts.image_sizes import Sizes
from shiplane.facts.saved import Saved
from shiplane.pipeline.execute import run_checked
from shiplane.planning.naming import branch_tag
from shiplane.runners import temporary

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from shiplane.pipeline.registry import Registry
    from shiplane.planning import Naming
    from shiplane.runners.base import Runner

    Say = Callable[[str], None]
    BaseLayers = Callable[[Sequence[str]], int]

_KEPT = 20
_PLATFORM = "platform"


@dataclass(frozen=True, slots=True)
class Before:
    """Hold the sizes of a component's image in the release before, which is the last of `branch`."""

    branch: str
    sizes: Sizes


@dataclass(frozen=True, slots=True)
class ReleasedSizes:
    """Know the sizes of the last release of the first of `branches` that has one.

    `folder` keeps sizes by the digest of an image's settings, which is the same in the engine and in every registry.
    """

    folder: Path
    naming: Naming
    branches: tuple[str, ...]
    runner: Runner
    registry: Registry

    def before(self, component: str, platform: str, base_layers: BaseLayers, say: Say) -> Before | None:
        """Give the sizes of a component's image; None, and the reason, where there is nothing to compare with.

        `platform` is empty where the image of now has one alone. `base_layers` counts the layers of its base, by the
        digests of all. That the registry, or the engine, does not give the image is no reason to publish nothing.
        """
        try:
            found = self._last(component)
            if found is None:
                say(f"{component}: nothing to compare with, for no release of {' or '.join(self.branches)} has it")
                return None
            branch, pinned = found
            return Before(branch, self._kept(pinned, platform) or self._fetched(pinned, platform, base_layers, say))
        except (StepFailed, Unreachable) as error:
            say(f"{component}: nothing to compare with: {error.cause}")
            return None

    def keep(self, settings: str, sizes: Sizes, platform: str) -> None:
        """Keep the sizes of an image, and its platform where there were several; the oldest go."""
        self.folder.mkdir(parents=True, exist_ok=True)
        told = sizes.to_json() | ({_PLATFORM: platform} if platform else {})
        self._file(settings).write_text(json.dumps(told), encoding="utf-8")
        kept = sorted(self.folder.glob("*.json"), key=lambda file: file.stat().st_mtime, reverse=True)
        for file in kept[_KEPT:]:
            file.unlink(missing_ok=True)

    def _last(self, component: str) -> tuple[str, str] | None:
        """Find the branch whose release is the one before, and the image of it by digest: its tag moves with each."""
        repository = self.naming.repository(component)
        tags = {f"{repository}:{branch_tag(branch)}": branch for branch in self.branches}
        held = self.registry.digests(tags)
        return next(((branch, f"{repository}@{held[tag]}") for tag, branch in tags.items() if tag in held), None)

    def _kept(self, pinned: str, platform: str) -> Sizes | None:
        """Read what is kept of an image."""
        for parts in self.registry.parts(pinned).values():
            for settings in parts[:1]:
                try:
                    told = json.loads(self._file(settings).read_text(encoding="utf-8"))
                    if _alike(platform, told.get(_PLATFORM, "")):
                        return Sizes.from_json(told)
                except (OSError, ValueError, KeyError, TypeError, AttributeError):
                    continue
        return None

    def _fetched(self, pinned: str, platform: str, base_layers: BaseLayers, say: Say) -> Sizes:
        """Measure an image; the engine holds it afterwards if it did before."""
        held = self.runner.run(image.digests(pinned)).ok
        if not held:
            self.registry.pull(pinned)
        try:
            with temporary.folder("released") as place:
                file = place / "image.tar"
                run_checked(self.runner, image.save(pinned, str(file)), "saving the image", say, None)
                with Saved(file) as saved:
                    return self._measured(saved, platform, base_layers)
        finally:
            if not held:
                self.runner.run(image.remove((pinned,)))

    def _measured(self, saved: Saved, platform: str, base_layers: BaseLayers) -> Sizes:
        """Measure the image of a platform; an engine pulls its own alone."""
        found = next((each for each in saved.images if _alike(platform, each.platform)), None)
        if found is None:
            raise StepFailed(f"the engine got no image for {platform}", "")
        sizes = image_sizes.survey(found, base_layers(found.diff_ids))
        self.keep(found.settings, sizes, found.platform)
        return sizes

    def _file(self, settings: str) -> Path:
        return self.folder / f"{settings.replace(':', '-')}.json"


def _alike(platform: str, other: str) -> bool:
    """Tell whether images are compared: an image of one platform alone with any."""
    return not platform or not other or platform == other
