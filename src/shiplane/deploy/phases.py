"""The commands of a rollout by phase: what a plan prints is what a deploy runs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from shiplane.commands import login as registry_login
from shiplane.commands import remote
from shiplane.commands.compose import Compose, project

if TYPE_CHECKING:
    from shiplane.commands.login import RegistryLogin
    from shiplane.model import Command, Secret, Site

_LOGIN = ".login"
_TRANSFER_SECONDS = 60.0
_LOGIN_SECONDS = 30.0
_PULL_SECONDS = 600.0
_RELEASE_SECONDS = 600.0
_STOP_SECONDS = 120.0


@dataclass(frozen=True, slots=True)
class Phase:
    """Group commands that fail for one reason; `seconds` limits them together.

    `always` runs whatever happened to the others. `health` marks a phase whose failure is a failed
    health gate, `told` one whose output is for people.
    """

    name: str
    title: str
    commands: tuple[Command, ...]
    seconds: float
    always: tuple[Command, ...] = ()
    health: bool = False
    told: bool = True


@dataclass(frozen=True, slots=True)
class Options:
    """Say how an application is rolled out.

    `data_services` are up before the `release_command` (in `release_service`'s image) and before the others.
    `verify_tries` requests go to `status_path`, at most `verify_seconds` apart. `kept` releases stay.
    """

    release_command: tuple[str, ...] = ()
    release_service: str = "backend"
    data_services: tuple[str, ...] = ("db", "redis")
    health_seconds: float = 120.0
    status_path: str = "/api/v1/status/"
    verify_tries: int = 12
    verify_seconds: float = 5.0
    kept: int = 5


class Rollout(Protocol):
    """Replace what serves by a release that is on the server with its images."""

    def __call__(self, site: Site, release_id: str, options: Options, *, migrate: bool) -> tuple[Phase, ...]:
        """Give the phases, in order; `migrate` includes the release command."""


def bring(site: Site, release_id: str, archive: Secret) -> Phase:
    """Send a release's files; nothing that serves changes."""
    incoming = f"{site.folder}/.incoming"
    commands = (remote.unpack(incoming, archive), remote.script("adopt", site.folder, release_id))
    title = f"send the files of {release_id}"
    return Phase("transfer", title, _on(site, commands), _TRANSFER_SECONDS, told=False)


def pull(site: Site, release_id: str, login: RegistryLogin | None) -> Phase:
    """Fetch a release's images, logged in for that time alone; nothing that serves changes."""
    compose, title = Compose.of(site), f"pull the images of {release_id}"
    if login is None:
        command = compose.of_release(release_id).pull(_PULL_SECONDS)
        return _phase(site, "pull", title, _PULL_SECONDS, command)
    commands = (
        registry_login.prepare(_LOGIN, site.folder),
        registry_login.login(login, _LOGIN, site.folder, _LOGIN_SECONDS),
        compose.of_release(release_id, f"../../{_LOGIN}").pull(_PULL_SECONDS),
    )
    always = (registry_login.remove(_LOGIN, site.folder),)
    return Phase("pull", title, _on(site, commands), _PULL_SECONDS, _on(site, always))


def recreate(site: Site, release_id: str, options: Options, *, migrate: bool) -> tuple[Phase, ...]:
    """Stop the application, recreate everything in the order of dependence: the specification's rollout."""
    compose, data = Compose.of(site), options.data_services
    phases = [
        _phase(site, "stop", "stop what serves", _STOP_SECONDS, *_switch(site, release_id, data)),
        _gate(site, "data", f"start {', '.join(data)}", options, compose.up(data), data) if data else None,
        _release(site, compose, options) if migrate and options.release_command else None,
        _gate(site, "start", f"start {release_id}", options, compose.up_others(data), ()),
    ]
    return tuple(phase for phase in phases if phase is not None)


def clear(site: Site, volumes: tuple[str, ...]) -> Phase:
    """Remove all that a first deploy started; `volumes` were there before."""
    command = remote.script("clear", site.folder, project(site), *volumes)
    return _phase(site, "clear", "remove what was started", _STOP_SECONDS, command)


def discard(site: Site, release_id: str, *, known: bool = False) -> Phase:
    """Take back the files of a release that does not serve; of one that was `known` before, the new files alone."""
    command = remote.script("discard", site.folder, release_id, *(("known",) if known else ()))
    return _phase(site, "discard", f"take back the files of {release_id}", _TRANSFER_SECONDS, command)


def _switch(site: Site, release_id: str, data: tuple[str, ...]) -> tuple[Command, ...]:
    return (
        remote.script("activate", release_id, cwd=site.folder),
        remote.script("stop-application", project(site), *data),
    )


def _release(site: Site, compose: Compose, options: Options) -> Phase:
    command = compose.run_once(options.release_service, options.release_command)
    return _phase(site, "release", f"run {' '.join(options.release_command)}", _RELEASE_SECONDS, command)


def _gate(  # noqa: PLR0913 - private, and each is a word of the phase
    site: Site, name: str, title: str, options: Options, up: Command, services: tuple[str, ...]
) -> Phase:
    wait = remote.script("wait-healthy", f"{options.health_seconds:.0f}", project(site), *services)
    return Phase(name, f"{title} and wait", _on(site, (up, wait)), options.health_seconds, health=True)


def _phase(site: Site, name: str, title: str, seconds: float, *commands: Command) -> Phase:
    return Phase(name, title, _on(site, commands), seconds)


def _on(site: Site, commands: tuple[Command, ...]) -> tuple[Command, ...]:
    return tuple(command.on(site.host.name) for command in commands)
