"""What carries out the steps that build images."""

from __future__ import annotations

import json
from contextlib import ExitStack, suppress
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING

from shiplane.commands import buildx, engine
from shiplane.errors import StepFailed, Unreachable, UsageError
from shiplane.lab.images.catalogue import OFFICIAL_NAMES
from shiplane.model import Secret
from shiplane.pipeline import attestations, build, builders, image_checks, own_registry, publish, registry
from shiplane.pipeline.bases import labelled
from shiplane.pipeline.caches import Told
from shiplane.pipeline.execute import run_checked
from shiplane.pipeline.from_builder import FromBuilder
from shiplane.pipeline.released_sizes import ReleasedSizes
from shiplane.pipeline.vulnerabilities import Scanner
from shiplane.planning import images
from shiplane.planning.images import production_tag, test_runner
from shiplane.runners.base import Bound

_BY_NAME = (
    *("DB_PASSWORD", "REDIS_PASSWORD", "DJANGO_SECRET_KEY", "BOARD_TOKEN", "GITHUB_TOKEN", "SSH_PRIVATE_KEY"),
    *("REGISTRY_PASSWORD", "REGISTRY_PULL_PASSWORD", "TS_OAUTH_SECRET"),
)
"""Variables that hold a secret: also where others of its environment are missing, or no environment runs with it."""

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from contextlib import AbstractContextManager
    from pathlib import Path

    from shiplane.config import Config
    from shiplane.facts.checkout import CheckoutFacts
    from shiplane.model import Image, Step
    from shiplane.pipeline.caches import Caches
    from shiplane.pipeline.execute import Action
    from shiplane.pipeline.known_images import KnownImages
    from shiplane.pipeline.target import Target
    from shiplane.runners.base import Cancel, Runner
    from shiplane.runners.http import Http

    Say = Callable[[str], None]
    Variables = tuple[tuple[str, str], ...]


class ImageActions:
    """Build images, with the caches of the run's event; `folder` is the run's, `survey` gives the checkout as it is.

    The builds themselves are Nox sessions, which are told by variables of their caches and of what they attest.
    `machine` is the name of this one, `note` tells what belongs into every report.
    """

    def __init__(  # noqa: PLR0913 - the run's parts, each by name
        self,
        *,
        runner: Runner,
        checkout: Path,
        environ: Mapping[str, str],
        config: Config,
        facts: CheckoutFacts,
        target: Target,
        known: KnownImages,
        caches: Caches,
        folder: Path,
        machine: str,
        note: Say,
        survey: Callable[[], CheckoutFacts] | None,
        http: Http | None = None,
    ) -> None:
        self.runner = runner
        self.checkout = checkout
        self.environ = environ
        self.config = config
        self.facts = facts
        self.target = target
        self.known = known
        self.caches = caches
        self.folder = folder
        self.machine = machine
        self.note = note
        self.survey = survey
        self.http = http
        self._named: set[str] = set()
        """What the engine held of the same inputs: it was published before, and is to be what it was."""

    def table(self) -> dict[str, Action]:
        """Give the actions by the names that steps use."""
        return {
            "development": self._development,
            "images": self._images,
            "rebuild": self._rebuild,
            "test-runner": self._test_runner,
        }

    def _development(self, step: Step, say: Say, cancel: Cancel) -> None:
        """Build the development images; a registry that does not answer costs their caches, and no more."""
        with ExitStack() as stack:
            opened = None
            if self.caches.kind == "registry":
                try:
                    opened = stack.enter_context(self.opened(say, cancel)).log_in()
                except Unreachable as error:
                    say(f"the build does without caches: {error.cause}")
            self._build(step, opened, "development", say, cancel)

    def _images(self, step: Step, say: Say, cancel: Cancel) -> None:
        """Build what the registry does not hold already."""
        with self.opened(say, cancel) as opened:
            there = publish.published(self.config, self.facts, self.target, opened)
            made = self.known.find(opened, there, say)
            missing = [name for name in self._names() if name not in there and name not in made]
            if not missing:
                why = "images of the same inputs are published" if made else f"{self.facts.suffix} is published already"
                say(f"{why}: nothing to build")
                return
            if self._named_in_engine(missing, say, cancel):
                return
            self.require_unchanged()
            # A login that is refused is told before the build, not after it.
            opened.log_in()
            self._build(step, opened, "production", say, cancel)
            self._check(missing, opened, say, cancel)
        self.require_unchanged()

    def _named_in_engine(self, missing: list[str], say: Say, cancel: Cancel) -> bool:
        """Name what the engine holds of the same inputs as a build would; tell whether it holds all that is missing."""
        held = self.known.in_engine(self.runner, missing)
        if held is None:
            return False
        self._named.update(held)
        for name, pinned in held.items():
            naming = engine.tag(pinned, production_tag(name, self.facts))
            run_checked(self.runner, naming, "naming the image", say, cancel)
        say("images of the same inputs are in the engine: nothing to build")
        return True

    def _rebuild(self, step: Step, say: Say, cancel: Cancel) -> None:
        self.require_unchanged()
        told = self.caches.uncached(Bound(self.runner, cancel), say) if self._attests else Told()
        self._run(step, (*told.variables, *self._attested(told, say, cancel)), say, cancel)
        with self.opened(say, cancel) as opened:
            self._check(self._names(), opened, say, cancel)
        self.require_unchanged()

    def _names(self) -> list[str]:
        return [component.name for component in self.config.components]

    def _check(self, names: list[str], opened: registry.Registry, say: Say, cancel: Cancel) -> None:
        """Look at what was built, with the secrets that are known here, and beside the release before."""
        tags = {name: production_tag(name, self.facts) for name in names}
        bound = Bound(self.runner, cancel)
        branches = tuple(dict.fromkeys((self.caches.event.branch, self.config.main_branch)))
        kept = self.checkout / ".shiplane" / "images"
        released = ReleasedSizes(kept, self.target.naming(), branches, bound, opened)
        scanner = Scanner(bound, self.config.images, say, self.note)
        words = (tags, self.config.components, sorted(OFFICIAL_NAMES), self._secrets(), released, say, scanner.look)
        image_checks.check(bound, *words)

    def _secrets(self) -> list[Secret]:
        """Give what opens the registry and what environments run with; those that are missing here cannot be found."""
        login = self.target.login()
        found = [login.password] if login else []
        found += [Secret(name, value) for name in _BY_NAME if (value := self.environ.get(name))]
        for environment in self.config.environments:
            with suppress(UsageError):
                found += self.target.secrets(environment.name).values()
        return found

    def _build(self, step: Step, opened: registry.Registry | None, kind: str, say: Say, cancel: Cancel) -> None:
        attest = kind == "production" and self._attests
        told = self.caches.told(Bound(self.runner, cancel), opened, kind, self.folder, say, attest=attest)
        attested = self._attested(told, say, cancel) if attest else ()
        self._run(step, (*told.variables, *attested), say, cancel)

    @property
    def _attests(self) -> bool:
        return self.config.images.provenance or self.config.images.sbom

    def _attested(self, told: Told, say: Say, cancel: Cancel) -> Variables:
        """Tell a session what to attest, where the engine's store keeps that; else nothing, or see `sender`."""
        words = self._words(say, cancel) if self._attests and told.attests else ()
        return ((buildx.ATTESTATIONS, json.dumps(words)),) if words else ()

    def _words(self, say: Say, cancel: Cancel) -> tuple[str, ...]:
        words = (self.config.images, self.environ, self.machine, say)
        return attestations.words(Bound(self.runner, cancel), *words)

    def sender(self, opened: registry.Registry, say: Say, cancel: Cancel) -> Callable[[str, str], Image | None]:
        """Give what lets the builder send a component's image, with what it attests; None: the engine has all of it."""

        @cache
        def builder() -> FromBuilder | None:
            bound, login = Bound(self.runner, cancel), opened.variables
            # The build has told which builder it is.
            used = builders.choose(bound, self.config.cache.builder, lambda _line: None, login)
            if not used.sends:
                return None
            words = (build.ca_bundle(self.environ), used.variables, self._words(say, cancel), say, self.note)
            return FromBuilder(bound, opened, *words)

        def send(component: str, repository: str) -> Image | None:
            made = builder() if self._attests and component not in self._named else None
            if made is None:
                return None
            self.require_unchanged()
            listed = images.builds(self.config, self.facts, "production", (component,))
            [one] = labelled(made.runner, self.checkout, listed, OFFICIAL_NAMES)
            return made.send(one, repository)

        return send

    def _run(self, step: Step, told: Variables, say: Say, cancel: Cancel) -> None:
        for command in step.commands:
            run_checked(self.runner, replace(command, env=(*command.env, *told)), step.title, say, cancel)

    def require_unchanged(self) -> None:
        """Refuse to publish what was edited during the run: it is not what was tested."""
        now = self.survey().suffix if self.survey else self.facts.suffix
        if now != self.facts.suffix:
            raise StepFailed(
                f"the checkout changed during the run: it was {self.facts.suffix} and is {now}",
                "run it again, or run it in a clone of its own while you edit here",
            )

    def _test_runner(self, _step: Step, say: Say, cancel: Cancel) -> None:
        build.bake(self.runner, self.checkout, test_runner(), self.environ, say, cancel)

    def bring_up(self, say: Say, cancel: Cancel) -> None:
        """Make sure that a registry of this machine answers, where that is the target's."""
        if self.target.carried and self.http is not None:
            own_registry.ensure(Bound(self.runner, cancel), self.http, self.target.carried, say)

    def opened(self, say: Say, cancel: Cancel) -> AbstractContextManager[registry.Registry]:
        """Log in to the target's registry for as long as the context lasts; one of this machine is brought up."""
        self.bring_up(say, cancel)
        return registry.session(self.runner, self.target.login(), self.environ, say, cancel, self.http)
