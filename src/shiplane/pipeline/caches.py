"""Choosing caches for a build: which level is read, by what is there and whole, and which ones are written."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

from shiplane.commands import buildx, cache
from shiplane.commands.cache import Cache
from shiplane.errors import ShiplaneError
from shiplane.facts import cache_manifest
from shiplane.pipeline import builders
from shiplane.planning.caches import readable, writable

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
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
GITHUB_TOKEN = "ACTIONS_RUNTIME_TOKEN"  # noqa: S105 - the name of a variable
"""Opens GitHub's own store of caches; GitHub gives it to actions, and to no command."""


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
    compression: str
    tells: bool = True

    def holds(self, component: str, level: Level) -> bool:
        """Ask the registry for the cache's manifest and for all that it names; see `Place`."""
        reference = self._reference(component, level)
        parts = cache_manifest.blobs(self.registry.raw(reference))
        return bool(parts) and not self.registry.lacks(reference, parts)

    def words(self, component: str, level: Level) -> tuple[str, str]:
        """Name the cache; see `Place`."""
        return cache.registry(self._reference(component, level), self.compression)

    def _reference(self, component: str, level: Level) -> str:
        return f"{self.naming.repository(component)}:{level.tag}"


@dataclass(frozen=True, slots=True)
class InFolder:
    """Keep caches in a folder of this machine."""

    folder: Path
    compression: str
    tells: bool = True

    def holds(self, component: str, level: Level) -> bool:
        """Look at the cache's parts; see `Place`."""
        return cache_manifest.holds(self._path(component, level))

    def words(self, component: str, level: Level) -> tuple[str, str]:
        """Name the cache's folder; see `Place`."""
        return cache.folder(str(self._path(component, level)), self.compression)

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
class Told:
    """Hold the variables that tell a Nox session of its caches and its builder.

    `attests` tells whether what it attests gets into the engine's store; see `builders.Chosen`.
    """

    variables: tuple[tuple[str, str], ...] = ()
    attests: bool = True


@dataclass(frozen=True, slots=True)
class Caches:
    """Choose caches for the images of a kind, for one event and target."""

    config: Config
    facts: CheckoutFacts
    event: Event
    target: Target
    checkout: Path
    environ: Mapping[str, str]

    @property
    def kind(self) -> str:
        """Give where this target's caches are kept; `none` where it uses none."""
        return self.config.cache.kind if self.target.name in self.config.cache.targets else "none"

    def told(  # noqa: PLR0913 - what is chosen for, each by name
        self, runner: Runner, opened: Registry | None, kind: str, folder: Path, say: Say, *, attest: bool = False
    ) -> Told:
        """Choose for a Nox session, and give what tells it; the choice of caches is written into `folder`.

        Without caches, the builder matters where it is to `attest` what it builds.
        """
        place = self._place(opened, say)
        if place is None:
            return self.uncached(runner, say) if attest else Told()
        login = _login(opened)
        used = builders.choose(runner, self.config.cache.builder, say, login)
        chosen = self.choose(place, kind, say)
        made = chosen if used.writes else read_only(chosen)
        variables = (*_written(made, folder / f"caches-{kind}.json"), *login, *used.variables)
        return Told(variables, attests=used.attests)

    def uncached(self, runner: Runner, say: Say) -> Told:
        """Choose the builder of images that are to be attested."""
        used = builders.choose(runner, self.config.cache.builder, say)
        return Told(used.variables, attests=used.attests)

    def to_read(self, opened: Registry | None, folder: Path, say: Say) -> tuple[tuple[str, str], ...]:
        """Choose for a session that builds images of both kinds and writes no cache; see `told`."""
        place = self._place(opened, say)
        if place is None:
            return ()
        found = {name: one for kind in buildx.TARGETS for name, one in self.choose(place, kind, say).items()}
        return (*_written(read_only(found), folder / "caches.json"), *_login(opened))

    def _place(self, opened: Registry | None, say: Say) -> Place | None:
        match self.kind:
            case "registry" if opened is not None:
                return InRegistry(opened, self.target.naming(), self.config.cache.compression)
            case "local":
                return InFolder(self.checkout / self.config.cache.folder, self.config.cache.compression)
            case "gha" if self.environ.get(GITHUB_TOKEN):
                return AtGithub(self.config.name)
            case "gha":
                say(f"GitHub's caches are open to those alone who have {GITHUB_TOKEN}: the build does without")
        return None

    def choose(self, place: Place, kind: str, say: Say) -> dict[str, Cache]:
        """Give the cache of each image by bake's name; one that cannot be asked for is done without."""
        names = [component.name for component in self.config.components]
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            found = dict(zip(names, pool.map(lambda name: self._one(place, name, kind, say), names), strict=True))
        for name, made in found.items():
            say(f"{name}-{kind}: cache {made.level or 'none yet'}")
        return {f"{name}-{kind}": made for name, made in found.items()}

    def _one(self, place: Place, component: str, kind: str, say: Say) -> Cache:
        version, main = self.facts.component(component).version, self.config.main_branch
        offered = readable(kind, version, self.event.branch, main)
        to_write = [place.words(component, level) for level in writable(kind, version, self.event, main)]
        writes = Cache(targets=tuple(target for _, target in to_write), written=to_write[0][0] if to_write else "")
        if not place.tells:
            sources = tuple(place.words(component, level)[0] for level in offered)
            return replace(writes, level="of GitHub's", sources=sources)
        try:
            level = next((level for level in offered if place.holds(component, level)), None)
        except ShiplaneError as error:
            say(f"caches cannot be read, so the build does without: {error.cause}")
            return Cache()
        if level is None:
            return writes
        return replace(writes, level=level.name, sources=(place.words(component, level)[0],))


def read_only(chosen: Mapping[str, Cache]) -> dict[str, Cache]:
    """Give the same caches, of which none is written."""
    return {name: Cache(made.level, made.sources) for name, made in chosen.items()}


def _login(opened: Registry | None) -> tuple[tuple[str, str], ...]:
    return opened.variables if opened is not None else ()


def _written(chosen: Mapping[str, Cache], file: Path) -> tuple[tuple[str, str], ...]:
    file.write_text(cache.write(chosen), encoding="utf-8")
    return ((cache.VARIABLE, str(file)),)
