"""Where a check runs."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from shiplane.commands import stack
from shiplane.planning.naming import TEST_RUNNER, development_tag

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Surroundings:
    """Tell what a check depends on: the checkout's id, component versions, the folder of Python programs.

    `files` are what the linters of shell scripts, Dockerfiles, YAML and workflows look at, by kind; `coverage` is the
    part of its lines, in percent, that a component's tests must reach where the configuration asks for one. `ids` are
    those of images by name, where they are known: a name is the machine's, and another checkout may give it to what it
    builds meanwhile.
    """

    checkout_id: str
    versions: Mapping[str, str]
    programs: str
    files: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    coverage: Mapping[str, int] = field(default_factory=dict)
    ids: Mapping[str, str] = field(default_factory=dict)

    def image(self, component: str) -> str:
        """Give a component's development image."""
        return self._known(development_tag(component, self.versions[component]))

    @property
    def runner(self) -> str:
        """Give the image of the browser tests."""
        return self._known(TEST_RUNNER)

    def _known(self, name: str) -> str:
        return self.ids.get(name, name)

    def project(self, purpose: str) -> str:
        """Give the compose project of a check; every checkout has its own."""
        return f"app-test-{self.checkout_id}-{purpose}"

    def compose_env(self) -> dict[str, str]:
        """Give the variables of a test stack that nobody outside connects to."""
        return self.any_ports() | self.images()

    def any_ports(self) -> dict[str, str]:
        """Give the variables of the test stack's ports; 0 takes any free one."""
        return {f"TEST_{name}_PORT": "0" for name in stack.TEST_PORTS}

    def images(self) -> dict[str, str]:
        """Give the variables of the development images."""
        return {f"{name.upper()}_DEV_IMAGE": self.image(name) for name in self.versions}
