"""Images of others in a release: known by digest, and checked with all of its compose files before a byte is sent."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from shiplane.commands.compose import BASE_FILE, Compose, project
from shiplane.deploy import composition
from shiplane.deploy.bundle import image_variable
from shiplane.doctor import models
from shiplane.doctor.topology import Roles
from shiplane.errors import ComposeUnfit, Unreachable, UsageError
from shiplane.model import Image
from shiplane.pipeline.release_files import collect
from shiplane.runners import temporary

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from contextlib import AbstractContextManager

    from shiplane.config import Config
    from shiplane.deploy.bundle import Bundle
    from shiplane.model import Release, Site
    from shiplane.pipeline.registry import Registry
    from shiplane.pipeline.target import Target
    from shiplane.runners.base import Runner

    Say = Callable[[str], None]
    Pins = tuple[tuple[str, Image], ...]

_AT_ONCE = 4
_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Pinning:
    """Pin the images of others, and check what is to be sent."""

    runner: Runner
    environ: Mapping[str, str]
    config: Config
    target: Target

    def wanted(self, files: Mapping[str, bytes]) -> dict[str, str]:
        """Give the references to pin by their variables; raises `ComposeUnfit` where one cannot be pinned."""
        texts = {path: data.decode(errors="replace") for path, data in files.items() if path.endswith(".yml")}
        overlays = {each.overlay: texts[each.overlay] for each in self.config.environments if each.overlay in texts}
        ours = [image_variable(component.name) for component in self.config.components]
        return composition.third_party(texts.get(BASE_FILE, ""), overlays, self.config.profiles, ours)

    def resolve(self, registry: Registry, wanted: Mapping[str, str], say: Say, known: Pins = ()) -> Pins:
        """Ask registries for digests, side by side: those of now, but what is `known` and still there stays."""
        kept = _kept(wanted, known)
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            found = pool.map(lambda name: self._image(registry, wanted[name], kept.get(name), say), wanted)
            pins = dict(zip(wanted, found, strict=True))
        for image in pins.values():
            say(f"{image.reference} is {image.digest}")
        return tuple(sorted(pins.items()))

    def completed(
        self,
        release: Release,
        kept: Mapping[str, bytes],
        opened: Callable[[], AbstractContextManager[Registry]],
        say: Say,
    ) -> Release:
        """Pin what a release lacks that was published before others' images were pinned; `opened` opens a registry.

        One that is signed stays what was signed: its manifest does not hold what was asked for now.
        """
        wanted = self.wanted(collect(self.runner, release, kept))
        if len(_kept(wanted, release.third_party)) == len(wanted):
            return release
        with opened() as registry:
            pins = self.resolve(registry, wanted, say, release.third_party)
        if not release.signature:
            return replace(release, third_party=pins)
        say(f"{release.id} was signed without these: publish it again to have them signed too")
        return replace(release, asked=tuple(pin for pin in pins if pin not in release.third_party))

    def check(self, site: Site, made: Bundle) -> None:
        """Let Compose resolve the files as they will be on the server, and judge them; raises `ComposeUnfit`."""
        words = (f"the compose files of {made.release.id} cannot go to {site.environment}",)
        names = (BASE_FILE, site.overlay)
        with temporary.folder("compose") as folder:
            for path, content in made.files.items():
                file = folder / path
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_bytes(content.data)
                file.chmod(content.mode)
            compose = Compose(project(site), site.overlay, str(folder))
            done = self.runner.run(compose.resolve(self.environ, _SECONDS))
            try:
                model = models.read(done, names, str(folder))
            except UsageError as error:
                raise ComposeUnfit(*words, done.tail() or (error.cause,)) from error
        files = [(name, made.files[name].data.decode(errors="replace")) for name in names]
        wrong = composition.judge(composition.stack_of(site.environment, model, files), self._roles())
        if wrong:
            raise ComposeUnfit(*words, wrong)

    def _image(self, registry: Registry, reference: str, known: Image | None, say: Say) -> Image:
        sources = self.target.sources(reference)
        # Whoever does not answer does not tell that it is gone: the tags are asked for next, and those have to answer.
        if known is not None and any(
            self._digest(registry, Image(source, known.digest).pinned, say, last=False) for source in sources
        ):
            return known
        for source in sources:
            digest = self._digest(registry, source, say, last=source == sources[-1])
            if digest is not None:
                return Image(reference, digest)
        raise ComposeUnfit("the images of others cannot be pinned", [f"{reference} is not in its registry"])

    def _digest(self, registry: Registry, reference: str, say: Say, *, last: bool) -> str | None:
        """Ask for a digest; of several places only the last has to answer."""
        try:
            return registry.digest(reference)
        except Unreachable as error:
            if last:
                raise
            say(f"{reference} cannot be asked for: {error.cause}")
            return None

    def _roles(self) -> Roles:
        config = self.config
        contexts = {component.name: component.context for component in config.components}
        return Roles(config.data_services, config.release_service, contexts, config.proxy)


def _kept(wanted: Mapping[str, str], known: Pins) -> dict[str, Image]:
    """Give those pins that are wanted, and of the very reference that is wanted."""
    return {name: image for name, image in known if wanted.get(name) == image.reference}
