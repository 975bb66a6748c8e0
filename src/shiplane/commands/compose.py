"""Docker Compose on a server: every command names its project and its files."""

from __future__ import annotations

import shlex
from dataclasses import dataclass, replace
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from shiplane.model import Command

if TYPE_CHECKING:
    from collections.abc import Sequence

    from shiplane.model import Site

BASE_FILE = "docker-compose.yml"


def project(site: Site) -> str:
    """Give the Compose project of an environment: the name of its folder."""
    return PurePosixPath(site.folder).name


@dataclass(frozen=True, slots=True)
class Compose:
    """Build commands for one project in one folder, whose `.env` is read by Compose itself."""

    project: str
    overlay: str
    folder: str
    config: str = ""

    @classmethod
    def of(cls, site: Site) -> Compose:
        """Address the release that is current."""
        return cls(project(site), site.overlay, site.folder)

    def of_release(self, release: str, config: str = "") -> Compose:
        """Address a release that is not yet current; `config` is the client's configuration folder."""
        return replace(self, folder=f"{self.folder}/releases/{release}", config=config)

    def pull(self, timeout: float) -> Command:
        """Fetch the images that are not there; what is named by digest never changes."""
        return self._command("pull", "--quiet", "--policy", "missing", timeout=timeout)

    def up(self, services: Sequence[str]) -> Command:
        """Recreate these services."""
        return self._command(*_UP, *services)

    def start(self, services: Sequence[str]) -> Command:
        """Start these services where they do not run; what runs stays as it is."""
        return self._command("up", "-d", "--no-recreate", "--no-build", "--pull", "never", *services)

    def up_others(self, services: Sequence[str]) -> Command:
        """Recreate every service but these; the list comes from the files that are deployed."""
        up, listed = shlex.join((*self._prefix, *_UP, "--remove-orphans")), self._listed(services)
        return Command(("sh", "-c", f"{up} $({listed})"), cwd=self.folder)

    def run_once(self, service: str, words: Sequence[str]) -> Command:
        """Run one command in a container of its own, which is removed; dependencies must be up."""
        return self._command("run", "--rm", "-T", "--no-deps", service, *words)

    def _listed(self, without: Sequence[str]) -> str:
        services = shlex.join((*self._prefix, "config", "--services"))
        leave_out = "".join(f" -e {shlex.quote(name)}" for name in without)
        return f"{services} | grep -Fvx{leave_out}" if without else services

    @property
    def _prefix(self) -> tuple[str, ...]:
        client = ("docker", "--config", self.config) if self.config else ("docker",)
        return (*client, "compose", "-p", self.project, "-f", BASE_FILE, "-f", self.overlay)

    def _command(self, *words: str, timeout: float | None = None) -> Command:
        return Command((*self._prefix, *words), cwd=self.folder, timeout=timeout)


# Everything was pulled before anything stopped: from here on the registry may be gone.
_UP = ("up", "-d", "--force-recreate", "--no-build", "--pull", "never")
