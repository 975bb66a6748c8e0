"""Choosing caches for a build: which level is read, by what is there and whole, and which ones are written."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

from shiplane.commands import cache
from shiplane.commands.cache import Cache
from shiplane.errors import ShiplaneError
from shiplane.facts import builder, cache_manifest
from shiplane.planning.caches import readable, writable

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from shiplane.config import Config
    from shiplane.facts.checkout import CheckoutFacts
    from shiplane.model import Event
    from shiplane.pipeline.registry import Registry
    from shiplane.pipeline.target import Target
    from shiplane.planning import Naming
    from shiplane.planning.caches import Level
    from shiplane.runners.base import Runner

    Say = Callable[[str], None]

_AT_ONCE = 4


class Place(Protocol):
    """Keep caches somewhere."""

    @property
    def tells(self) -> bool:
        """Tell whether it can be asked; where it cannot, the builder is offered all levels and decides itself."""

    def holds(self, component: str, level: Level) -> bool:
        """Tell whether a level's cache is there and whole, as far as can be seen without fetching it."""

    def words(self, component: str, level: Level) -> tuple[str, str]:
        """Give the builder's words for a level's cache: as a source and as a target."""


@dataclass(frozen=True, slots=True)
class InRegistry:
    """Keep caches beside the images, under tags of their own."""

    registry: Registry
    naming: Naming
    tells: bool = True

    def holds(self, component: str, level: Level) -> bool:
        """Ask the registry for the cache's manifest; see `Place`."""
        return bool(cache_manifest.blobs(self.registry.raw(self._reference(component, level))))

    def words(self, component: str, level: Level) -> tuple[str, str]:
        """Name the cache; see `Place`."""
        return cache.registry(self._reference(component, level))

    def _reference(self, component: str, level: Level) -> str:
        return f"{self.naming.repository(component)}:{level.tag}"


@dataclass(frozen=True, slots=True)
class InFolder:
    """Keep caches in a folder of this machine."""

    folder: Path
    tells: bool = True

    def holds(self, component: str, level: Level) -> bool:
        """Look at the cache's parts; see `Place`."""
        return cache_manifest.holds(self._path(component, level))

    def words(self, component: str, level: Level) -> tuple[str, str]:
        """Name the cache's folder; see `Place`."""
        return cache.folder(str(self._path(component, level)))

    def _path(self, component: str, level: Level) -> Path:
        return self.folder / component / level.tag


@dataclass(frozen=True, slots=True)
class AtGithub:
    """Keep caches in GitHub's own store, which only the builder can ask."""

    application: str
    tells: bool = False

    def holds(self, component: str, level: Level) -> bool:
        """Say yes; see `Place`."""
        del component, level
        return True

    def words(self, component: str, level: Level) -> tuple[str, str]:
        """Name the cache's scope; see `Place`."""
        return cache.github(f"{self.application}-{component}-{level.tag}")


@dataclass(frozen=True, slots=True)
class Caches:
    """Choose caches for the images of a kind, for one event and target."""

    config: Config
    facts: CheckoutFacts
    event: Event
    target: Target
    checkout: Path

    @property
    def kind(self) -> str:
        """Give where this target's caches are kept; `none` where it uses none."""
        return self.config.cache.kind if self.target.name in self.config.cache.targets else "none"

    def variables(
        self, runner: Runner, opened: Registry | None, kind: str, folder: Path, say: Say
    ) -> tuple[tuple[str, str], ...]:
        """Choose for a Nox session, and give the variables that tell it; the choice is written into `folder`."""
        place = self._place(opened)
        if place is None:
            return ()
        file = folder / f"caches-{kind}.json"
        file.write_text(cache.write(self.choose(runner, place, kind, say)), encoding="utf-8")
        login = (("DOCKER_CONFIG", opened.config),) if opened is not None and opened.config else ()
        return ((cache.VARIABLE, str(file)), *login)

    def _place(self, opened: Registry | None) -> Place | None:
        match self.kind:
            case "registry" if opened is not None:
                return InRegistry(opened, self.target.naming())
            case "local":
                return InFolder(self.checkout / self.config.cache.folder)
            case "gha":
                return AtGithub(self.config.name)
        return None

    def choose(self, runner: Runner, place: Place, kind: str, say: Say) -> dict[str, Cache]:
        """Give the cache of each image by bake's name; one that cannot be asked for is done without."""
        writes = self._writes(runner, say)
        names = [component.name for component in self.config.components]
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            found = dict(zip(names, pool.map(lambda name: self._one(place, name, kind, say), names), strict=True))
        for name, made in found.items():
            say(f"{name}-{kind}: cache {made.level or 'none yet'}")
        return {f"{name}-{kind}": made if writes else replace(made, targets=()) for name, made in found.items()}

    def _one(self, place: Place, component: str, kind: str, say: Say) -> Cache:
        version, main = self.facts.component(component).version, self.config.main_branch
        offered = readable(kind, version, self.event.branch, main)
        targets = tuple(place.words(component, level)[1] for level in writable(kind, version, self.event, main))
        if not place.tells:
            return Cache("of GitHub's", tuple(place.words(component, level)[0] for level in offered), targets)
        try:
            level = next((level for level in offered if place.holds(component, level)), None)
        except ShiplaneError as error:
            say(f"caches cannot be read, so the build does without: {error.cause}")
            return Cache()
        if level is None:
            return Cache(targets=targets)
        return Cache(level.name, (place.words(component, level)[0],), targets)

    def _writes(self, runner: Runner, say: Say) -> bool:
        if builder.survey(runner).exports_caches:
            return True
        say("the engine's image store is the classic one, whose builder writes no caches: they are only read")
        return False
