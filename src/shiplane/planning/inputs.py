"""What each step's result depends on."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from shiplane.commands.buildx import CA_VARIABLES, TARGETS
from shiplane.model import Inputs
from shiplane.planning.images import builds, recipe, test_runner
from shiplane.planning.linted import PROJECT, PROJECT_FILES, UNREAD

if TYPE_CHECKING:
    from collections.abc import Mapping

    from shiplane.config import Config
    from shiplane.facts.checkout import CheckoutFacts

REPORTS = ".shiplane/reports"
READ_THOUGH_IGNORED = (".env", ".env.docker")
"""Files that Compose reads by itself, and that git ignores in most checkouts."""
_TEST_STACK = ("docker-compose.yml", "compose.test.yml", *READ_THOUGH_IGNORED)
_TEST_VARIABLES = ("DB_NAME", "DB_PASSWORD", "DB_USER", "POSTGRES_IMAGE", "REDIS_IMAGE", "TEST_BOARD_TOKEN")
_BUILD_VARIABLES = tuple(sorted(CA_VARIABLES))
_BUILDERS = ("buildx", "engine")
_ANY_TIME = "1970-01-01T00:00:00+00:00"
_PROGRAMS = ("python", "python/**")
"""What a session of Nox runs on this machine stands in its Python environment."""
BROWSER_SUITES = ("integration", "e2e", "visual", "performance")
"""Suites against the whole test environment, each a folder of `testing/tests` and a project of Playwright."""


@dataclass(frozen=True, slots=True)
class Declared:
    """Give the inputs of steps: `bases` are the images that others stand on, `commands` what a check runs."""

    config: Config
    facts: CheckoutFacts
    bases: tuple[str, ...] = ()
    commands: Mapping[str, str] = field(default_factory=dict)

    def tests(self, component: str) -> Inputs:
        """Give those of a component's tests: its files and the test stack, no other component."""
        return Inputs(
            files=(*self._contexts(component), *_TEST_STACK),
            config=(f"components.{component}",),
            environ=_TEST_VARIABLES,
            images=self.bases,
            values=self._check(f"tests_{component}"),
            tools=("compose",),
        )

    def lint(self, component: str) -> Inputs:
        """Give those of a component's linters, which run in its image: its files, and no tool of this machine."""
        return Inputs(
            files=self._contexts(component),
            config=(f"components.{component}",),
            images=self.bases,
            values=self._check(f"lint-{component}"),
        )

    def lint_project(self) -> Inputs:
        """Give those of the linters of all that is no component's own; of components, their scripts and Dockerfiles."""
        return Inputs(
            files=PROJECT_FILES,
            without=UNREAD,
            values=self._check(f"lint-{PROJECT}"),
            tools=(*_PROGRAMS, "compose"),
        )

    def images(self, *components: str) -> Inputs:
        """Give those of images, of both kinds: the files of the components named (all, where none is), labels, and how.

        How they are built is what Shiplane itself asks of the builder, without what a commit or a version changes.
        """
        chosen = components or tuple(component.name for component in self.config.components)
        labels = [
            (f"{name} at its last change", f"{each.version} {each.revision} {each.created}")
            for name in chosen
            for each in (self.facts.component(name),)
        ]
        return Inputs(
            files=self._contexts(*chosen),
            config=(*(f"components.{name}" for name in chosen), "images"),
            environ=_BUILD_VARIABLES,
            images=self.bases,
            values=(*labels, *((f"how {name} is built", self._recipe(name)) for name in chosen)),
            tools=_BUILDERS,
        )

    def browser_tests(self) -> Inputs:
        """Give those of the browser tests' image and files."""
        return Inputs(
            files=("testing/**",), environ=_BUILD_VARIABLES, images=self.bases, values=_how_runner(), tools=_BUILDERS
        )

    def suite(self, name: str) -> Inputs:
        """Give those of a suite against the test environment: all that serves there, and its own tests."""
        others = tuple(f"testing/tests/{other}/**" for other in BROWSER_SUITES if other != name)
        return Inputs(
            files=(
                *self._contexts(*(one.name for one in self.config.components)),
                "testing/**",
                "proxy/**",
                *_TEST_STACK,
            ),
            without=(*others, "**/*.md"),
            environ=_TEST_VARIABLES,
            images=self.bases,
        )

    def delivered_tests(self, environment: str) -> Inputs:
        """Give those of the browser tests against an environment; what runs there is asked there."""
        overlay = self.config.environment(environment).overlay
        return Inputs(
            files=("testing/**", "proxy/**", "docker-compose.yml", overlay, *READ_THOUGH_IGNORED),
            config=(f"environments.{environment}", "profiles"),
            images=self.bases,
            values=_how_runner(),
        )

    def _recipe(self, component: str) -> str:
        """Tell how a component's images are built; what its last change was stands there as words."""
        known = replace(self.facts.component(component), version="VERSION", revision="REVISION", created=_ANY_TIME)
        facts = replace(self.facts, components=(known,))
        return recipe(tuple(one for kind in TARGETS for one in builds(self.config, facts, kind, (component,))))

    def _contexts(self, *components: str) -> tuple[str, ...]:
        return tuple(f"{one.context}/**" for one in self.config.components if one.name in components)

    def _check(self, name: str) -> tuple[tuple[str, str], ...]:
        return ((f"what {name} runs", self.commands.get(name, "")),)


def _how_runner() -> tuple[tuple[str, str], ...]:
    return (("how the image of the browser tests is built", recipe(test_runner())),)
