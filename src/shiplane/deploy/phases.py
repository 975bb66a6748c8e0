"""The phases of a deploy: what a plan prints is what a deploy runs."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from shiplane.commands import login as registry_login
from shiplane.commands import remote
from shiplane.commands.compose import Compose, project
from shiplane.config import Backup, Hooks

if TYPE_CHECKING:
    from shiplane.commands.login import RegistryLogin
    from shiplane.config import Config
    from shiplane.model import Command, Site

DECIDED_THERE = "(what happens to each service is decided on the host)"
_LOGIN = ".login"
_TRANSFER_SECONDS = 60.0
_LOGIN_SECONDS = 30.0
_PULL_SECONDS = 600.0
_STOP_SECONDS = 120.0


@dataclass(frozen=True, slots=True)
class Phase:
    """Group commands that fail for one reason; `seconds` limits them together.

    `always` runs whatever happened to the others, `undo` where they failed. `health` marks a phase whose failure is
    a failed health gate, `told` one whose output is for people. A `detached` phase is a job of the server's: it goes
    on, and undoes itself, when the connection is lost.
    """

    name: str
    title: str
    commands: tuple[Command, ...]
    seconds: float
    always: tuple[Command, ...] = ()
    undo: tuple[Command, ...] = ()
    health: bool = False
    told: bool = True
    detached: bool = True


@dataclass(frozen=True, slots=True)
class Options:
    """Say how an application is rolled out.

    `data_services` are up before the `release_command` (in `release_service`'s image) and before the others.
    `upstreams` are the services behind the `proxy_service`, with their ports; `assets` is a service and the folder
    in it whose files stay served after it is gone. `verify_tries` requests go to `status_path`, at most
    `verify_seconds` apart. `kept` releases stay. `hooks` run around it.
    """

    release_command: tuple[str, ...] = ()
    release_service: str = "backend"
    pending_command: tuple[str, ...] = ()
    backup: Backup = field(default_factory=Backup)
    data_services: tuple[str, ...] = ("db", "redis")
    proxy_service: str = "proxy"
    upstreams: tuple[tuple[str, int], ...] = (("backend", 8000), ("frontend", 8080))
    assets: tuple[str, str] | None = ("frontend", "/srv/www/assets")
    health_seconds: float = 120.0
    status_path: str = "/api/v1/status/"
    verify_tries: int = 12
    verify_seconds: float = 5.0
    kept: int = 5
    hooks: Hooks = field(default_factory=Hooks)

    @classmethod
    def of(cls, config: Config) -> Options:
        """Give what the configuration says."""
        served = next((one for one in config.components if one.assets), None)
        return cls(
            release_command=config.release_command,
            release_service=config.release_service,
            data_services=config.data_services,
            status_path=config.status_path,
            proxy_service=config.proxy,
            upstreams=tuple((component.name, component.port) for component in config.components if component.port),
            assets=(served.name, served.assets) if served else None,
            pending_command=config.pending_command,
            backup=config.backup,
            health_seconds=config.health_seconds,
            verify_tries=config.verify_tries,
            verify_seconds=config.verify_interval_seconds,
            kept=config.keep_releases,
            hooks=config.hooks,
        )


class Rollout(Protocol):
    """Let a release that is on the server with its images take the place of what serves."""

    def __call__(self, site: Site, release_id: str, options: Options, words: tuple[str, ...]) -> tuple[Command, ...]:
        """Give the commands, which end well from any state; `words` tell what happens to each service."""


def bring(site: Site, release_id: str, archive: str) -> Phase:
    """Send a release's files and read back the services that they describe; nothing that serves changes."""
    adopt = remote.script("adopt", site.folder, release_id, project(site), site.overlay, payload=archive)
    title = f"send the files of {release_id}"
    return Phase("transfer", title, _on(site, (adopt,)), _TRANSFER_SECONDS, told=False, detached=False)


def describe(site: Site, release_id: str) -> Phase:
    """Read the services that a release describes which is on the server already."""
    folder = f"{site.folder}/releases/{release_id}"
    command = remote.script("model", folder, project(site), site.overlay)
    title = f"read the files of {release_id}"
    return Phase("transfer", title, _on(site, (command,)), _TRANSFER_SECONDS, told=False, detached=False)


def preview(site: Site, archive: str) -> Phase:
    """Read the services that a release would describe; nothing is kept on the server."""
    command = remote.script("preview", project(site), site.overlay, payload=archive)
    return Phase(
        "preview", "ask what would change", _on(site, (command,)), _TRANSFER_SECONDS, told=False, detached=False
    )


def pull(site: Site, release_id: str, login: RegistryLogin | None) -> Phase:
    """Fetch a release's images, logged in for that time alone or by what the server keeps; nothing else changes."""
    compose, title = Compose.of(site), f"pull the images of {release_id}"
    if login is None:
        command = compose.of_release(release_id).pull(_PULL_SECONDS)
        return _phase(site, "pull", title, _PULL_SECONDS, command)
    folder = registry_login.KEPT if login.kept else _LOGIN
    enter = (
        registry_login.prepare(folder, site.folder, anew=not login.kept),
        registry_login.login(login, folder, site.folder, _LOGIN_SECONDS),
    )
    fetch = compose.of_release(release_id, f"../../{folder}").pull(_PULL_SECONDS)
    commands = (*(enter if login.password.value or not login.kept else ()), fetch)
    always = () if login.kept else (registry_login.remove(folder, site.folder),)
    return Phase("pull", title, _on(site, commands), _PULL_SECONDS, _on(site, always))


def data(site: Site, release_id: str, options: Options, *, first: bool, new: tuple[str, ...] = ()) -> Phase:
    """Start the data services where they do not run; on a `first` deploy by the files of the release.

    So are those that are `new`, of which what serves knows nothing.
    """
    services, compose = options.data_services, Compose.of(site)
    known = tuple(service for service in services if service not in new)
    activate = (remote.script("activate", release_id, cwd=site.folder),) if first else ()
    by_current = (compose.start(known),) if known else ()
    by_release = (compose.of_release(release_id).start(new),) if new else ()
    commands = (*activate, *by_current, *by_release, _wait(site, options, services))
    title = f"start {', '.join(services)} where they do not run"
    return Phase("data", title, _on(site, commands), options.health_seconds, health=True)


def switch(  # noqa: PLR0913 - what a change is made of
    site: Site,
    release_id: str,
    options: Options,
    rollout: Rollout,
    words: tuple[str, ...],
    undo: tuple[Command, ...] = (),
    longer: float = 0.0,
) -> Phase:
    """Let a release serve; where that fails, `undo` lets the one before serve again.

    `longer` are the seconds by which services may take more than the usual time to finish what they are at.
    """
    commands = _on(site, rollout(site, release_id, options, words))
    # Stopping within grace periods and draining come on top of the time in which all must be healthy.
    seconds = 2 * options.health_seconds + _STOP_SECONDS + longer
    return Phase("switch", f"let {release_id} serve", commands, seconds, undo=_on(site, undo), health=True)


def restore(
    site: Site, before: str | None, options: Options, commands: tuple[Command, ...], longer: float = 0.0
) -> Phase:
    """Let the release before serve again, by what `switch` would have done itself."""
    title, seconds = f"bring back {before or 'nothing'}", 2 * options.health_seconds + _STOP_SECONDS + longer
    return Phase("switch", title, _on(site, commands), seconds, health=True)


def rolling(site: Site, release_id: str, options: Options, words: tuple[str, ...]) -> tuple[Command, ...]:
    """Start new containers beside the old, switch when they are healthy, let the old ones finish."""
    assets = ":".join(options.assets) if options.assets else "-"
    wanted = (*_place(site), release_id, f"{options.health_seconds:.0f}", *_proxy(options), assets)
    return (remote.script("roll", *wanted, *words),)


def recreate(site: Site, release_id: str, options: Options, words: tuple[str, ...]) -> tuple[Command, ...]:
    """Stop everything and start it anew, in the order of dependence: the specification's rollout."""
    del words  # all services alike
    last = ",".join(options.data_services) or "-"
    wanted = (*_place(site), release_id, f"{options.health_seconds:.0f}", *_proxy(options), last)
    return (remote.script("recreate", *wanted),)


ROLLOUTS: dict[str, Rollout] = {"rolling": rolling, "recreate": recreate}


def clear(site: Site, current: str | None, kept: tuple[str, ...]) -> Command:
    """Remove all that a first deploy started; `current` is the release that was named before, if there was one.

    `kept` are the ids of containers and the volumes of before.
    """
    return remote.script("clear", site.folder, project(site), current or "-", *kept).on(site.host.name)


def discard(site: Site, release_id: str, *, known: bool = False) -> Command:
    """Take back the files of a release that does not serve; of one that was `known` before, the new files alone."""
    command = remote.script("discard", site.folder, release_id, *(("known",) if known else ()))
    return command.on(site.host.name)


def cleaning(title: str, *commands: Command) -> Phase:
    """Group what takes back; its output is for nobody."""
    return Phase("clean", title, commands, _STOP_SECONDS, told=False, detached=False)


def _place(site: Site) -> tuple[str, str, str]:
    return site.folder, project(site), site.overlay


def _proxy(options: Options) -> tuple[str, str]:
    return options.proxy_service, ",".join(f"{name}:{port}" for name, port in options.upstreams) or "-"


def _wait(site: Site, options: Options, services: tuple[str, ...]) -> Command:
    return remote.script("wait-healthy", f"{options.health_seconds:.0f}", project(site), *services)


def _phase(site: Site, name: str, title: str, seconds: float, *commands: Command) -> Phase:
    return Phase(name, title, _on(site, commands), seconds)


def _on(site: Site, commands: tuple[Command, ...]) -> tuple[Command, ...]:
    return tuple(command.on(site.host.name) for command in commands)
