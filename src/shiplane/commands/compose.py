"""Docker Compose on a server: every command names its project and its files."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import PurePosixPath
from types import MappingProxyType
from typing import TYPE_CHECKING

from shiplane.model import Command

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from shiplane.model import Site

BASE_FILE = "docker-compose.yml"
BASE_ENV = ".env.docker"
"""The one environment file that is committed."""
_NOTHING: Mapping[str, str] = MappingProxyType({})


def folder(application: str, environment: str) -> str:
    """Give the folder of an environment on its server, below the home folder; its name is the project's."""
    return f"deployments/{application}-{environment}"


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

    def resolve(self, environ: Mapping[str, str], timeout: float) -> Command:
        """Print the model of the files as JSON, by the variables of their `.env` alone.

        What is set in our own environment would win over that file, and is not set on the server.
        """
        kept = tuple(f"{name}={environ[name]}" for name in _NEEDED if name in environ)
        command = self._command("config", "--format", "json", timeout=timeout)
        return replace(command, argv=("env", "-i", *kept, *command.argv))

    def pull(self, timeout: float) -> Command:
        """Fetch the images that are not there; what is named by digest never changes."""
        return self._command("pull", "--quiet", "--policy", "missing", timeout=timeout)

    def start(self, services: Sequence[str]) -> Command:
        """Start these services where they do not run; what runs stays as it is."""
        return self._command("up", "-d", "--no-recreate", *_AS_PULLED, *services)

    def run_once(self, service: str, words: Sequence[str], variables: Mapping[str, str] = _NOTHING) -> Command:
        """Run one command in a container of its own, which is removed; dependencies must be up.

        `variables` are added to the container's; their values stay out of the arguments.
        """
        named = [word for name in variables for word in ("-e", name)]
        command = self._command("run", "--rm", "-T", "--no-deps", "--label", _ONCE, *named, service, *words)
        return replace(command, env=tuple(variables.items()))

    @property
    def _prefix(self) -> tuple[str, ...]:
        client = ("docker", "--config", self.config) if self.config else ("docker",)
        return (*client, "compose", "-p", self.project, "-f", BASE_FILE, "-f", self.overlay)

    def _command(self, *words: str, timeout: float | None = None) -> Command:
        return Command((*self._prefix, *words), cwd=self.folder, timeout=timeout)


_NEEDED = ("PATH", "HOME", "DOCKER_CONFIG")
# By which what a deploy ran once is told from what people run.
_ONCE = "dev.shiplane.once=1"
# Everything was pulled before anything stopped: from here on the registry may be gone.
_AS_PULLED = ("--no-build", "--pull", "never")
