"""What is on a server: asked by one script, read into values."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from shiplane.commands import remote
from shiplane.commands.compose import project
from shiplane.deploy import backups
from shiplane.deploy.containers import Container, containers
from shiplane.deploy.lines import by_kind, secrets
from shiplane.deploy.migrations import Applied
from shiplane.deploy.services import Model
from shiplane.errors import NameTaken, NothingDeployed, ReleaseDamaged, Unreachable
from shiplane.model import Deployment, Release, Secret

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from shiplane.deploy.backups import Backup
    from shiplane.model import Command, Site
    from shiplane.runners.base import Cancel, Runner

_SURVEY_SECONDS = 60.0
_UNREADABLE = (ValueError, KeyError, TypeError, AttributeError)
"""What reading a file raises that was written half, or spoilt."""


@dataclass(frozen=True, slots=True)
class Entry:
    """Hold one line of the audit: a deployment, who did it, which digests it meant, what it did to the database."""

    deployment: Deployment
    who: str
    digests: dict[str, str]
    applied: Applied = field(default_factory=Applied)

    @property
    def served(self) -> bool:
        """Tell whether the release served after it."""
        return self.deployment.outcome == "deployed"

    def to_json(self) -> dict[str, Any]:
        """Give the line's object."""
        return {**asdict(self.deployment), "who": self.who, "digests": self.digests, **self.applied.to_json()}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Entry:
        """Read what `to_json` wrote; KeyError where a field is missing."""
        names = Deployment.__dataclass_fields__
        deployment = Deployment(**{name: data[name] for name in names})
        return cls(deployment, data["who"], data["digests"], Applied.from_json(data))


@dataclass(frozen=True, slots=True)
class Left:
    """Tell of a phase whose caller did not see its end: `code` is empty while it runs, or where it was cut off."""

    title: str
    code: str


@dataclass(frozen=True, slots=True)
class State:
    """Hold what a server has of an environment; `entries` are in the order of time, one for each deployment.

    `model` describes the services of the current release; None where there is none, or its files cannot be read.
    `maintenance` tells since when and by whom the environment is closed to people; None where it is open.
    `certificate` is the digest of the one that it is served with; empty where there is none. `environments` are those
    for which the releases were made: one, unless two applications share the name of a folder. `restore` says what a
    change of the database that was cut off has left: a database `beside` the one that serves, `stopped` services.
    `restored` names the backup whose database serves since then and the one of the database before, once they have
    changed places.
    `tested` are the digests that E2E passed on, `tested_beside` the images of others that ran meanwhile, by release.
    `urls` are the addresses at which the releases were made to answer. `damaged` are releases whose manifest cannot be
    read, as a server that lost its power leaves it: the rest of their files may be whole. `secrets` are those of all
    releases, told where the services were asked for.
    """

    current: str | None = None
    checksum: str = ""
    releases: dict[str, Release] = field(default_factory=dict)
    tested: dict[str, dict[str, str]] = field(default_factory=dict)
    tested_beside: dict[str, frozenset[str]] = field(default_factory=dict)
    entries: tuple[Entry, ...] = ()
    containers: tuple[Container, ...] = ()
    volumes: tuple[str, ...] = ()
    model: Model | None = field(default=None, repr=False)
    left: Left | None = None
    backups: tuple[Backup, ...] = ()
    maintenance: dict[str, str] | None = None
    certificate: str = ""
    environments: frozenset[str] = frozenset()
    restore: frozenset[str] = frozenset()
    restored: tuple[str, str] | None = None
    urls: dict[str, str] = field(default_factory=dict)
    damaged: frozenset[str] = frozenset()
    secrets: tuple[Secret, ...] = field(default=(), repr=False)

    @property
    def services(self) -> tuple[str, ...]:
        """Name the services that have containers."""
        return tuple(sorted({container.service for container in self.containers if not container.once}))

    @property
    def running(self) -> tuple[str, ...]:
        """Name the services whose containers all run, where they can be reached."""
        down = {
            c.service for c in self.containers if not (c.once or c.well or (c.status == "running" and not c.cut_off))
        }
        return tuple(name for name in self.services if name not in down)

    def url(self, site: Site, release_id: str | None) -> str:
        """Give where a release answers: one from before the first certificate, or from another port, not where now."""
        return self.urls.get(release_id or "") or site.url

    def keeps(self, release_id: str) -> bool:
        """Tell whether the files of a release are here, be its manifest damaged or not."""
        return release_id in self.releases or release_id in self.damaged

    def current_release(self, environment: str) -> Release:
        """Give the release that an environment runs; raises `NothingDeployed` and `ReleaseDamaged`."""
        if self.current is None or not self.keeps(self.current):
            raise NothingDeployed(environment)
        if self.current in self.damaged:
            raise ReleaseDamaged(environment, self.current)
        return self.releases[self.current]

    @property
    def serving(self) -> Entry | None:
        """Give the last deployment that went well: what serves, or should."""
        return next((entry for entry in reversed(self.entries) if entry.served), None)

    @property
    def whole(self) -> bool:
        """Tell whether all that the current release describes runs, by its digests; it takes a survey of services."""
        release = self.releases.get(self.current or "")
        if release is None or self.model is None:
            return False
        wanted = {name for name in self.model.services if self.model.replicas(name)}
        return wanted <= {*self.running} and self.running_digests(release) == release.digests()

    def fallback(self, release_id: str) -> str | None:
        """Name the release to go back to where a change to `release_id` fails; None where nothing serves.

        That is the last one that is recorded. Where a change was cut off it may be the current one: if all of it runs
        and it served before, for what is recorded was to go then; or if none is recorded and anything of it runs, for
        that may serve.
        """
        last = self.serving.deployment.release if self.serving else None
        current = self.releases.get(self.current or "")
        if last is None or not self.keeps(last):
            return current.id if current and self.running_digests(current) else None
        back = current is not None and current.id != release_id and self.served(current.id) and self.whole
        return current.id if current and back else last

    def served(self, release_id: str) -> bool:
        """Tell whether a release ever served here."""
        return any(entry.served and entry.deployment.release == release_id for entry in self.entries)

    def before(self, release_id: str) -> str | None:
        """Give the release that served before this one was deployed; a rollback to it does not count.

        So rolling back twice goes back twice, and never to the release that was left.
        """
        served = [entry.deployment for entry in self.entries if entry.served]
        put = [i for i, d in enumerate(served) if d.release == release_id and d.action != "rollback"]
        earlier = served[: put[-1]] if put else []
        return next(
            (d.release for d in reversed(earlier) if d.release in self.releases and d.release != release_id), None
        )

    def running_digests(self, release: Release) -> dict[str, str]:
        """Give the digests that run by component; a component that runs in two versions shows the foreign one."""
        found: dict[str, str] = {}
        for component, image in release.images:
            running = [c.digest_of(image) for c in self.containers if c.status == "running" and not c.once]
            for digest in running:
                if digest and found.get(component, image.digest) == image.digest:
                    found[component] = digest
        return found

    @property
    def well(self) -> bool:
        """Tell whether containers are there and all of them are well."""
        lasting = [container for container in self.containers if not container.once]
        return bool(lasting) and all(container.well for container in lasting)

    def stayed_well(self, before: State) -> bool:
        """Tell whether all that passed the gate is still well.

        An engine that was restarted asks anew, which may take a minute: a container that it did not start again is
        as well as it was.
        """
        known = {container.id: container.restarts for container in before.containers}
        lasting = [container for container in self.containers if not container.once]
        return bool(lasting) and all(
            container.well or (container.is_asked_anew and container.restarts == known.get(container.id, 0))
            for container in lasting
        )


def survey_command(site: Site, *, services: bool = False) -> Command:
    """Ask for everything at once; what the files describe as `services` takes Compose longer than all the rest."""
    words = (site.folder, project(site), *((site.overlay,) if services else ()))
    return remote.script("survey", *words, timeout=_SURVEY_SECONDS).on(site.host.name)


def survey(runner: Runner, site: Site, cancel: Cancel | None = None, *, services: bool = False) -> State:
    """Look at a server; raises `Unreachable` where its engine does not answer, `NameTaken` where it is another's."""
    completed = runner.run(survey_command(site, services=services), cancel=cancel)
    if not completed.ok:
        raise Unreachable(
            f"the container engine on {site.host.name} does not answer user {site.host.user!r}",
            "check there: docker version; the user must be in the group docker",
            # What the script tells holds secrets that are not known yet.
            tuple(line for line in completed.tail() if "\t" not in line),
        )
    state = parse(completed.stdout.splitlines(), site.folder)
    # Application `app` with environment `staging-eu` has the folder of `app-staging` with `eu`.
    for other in sorted(state.environments - {site.environment}):
        raise NameTaken(site.environment, site.folder, site.host.name, other)
    return state


def _restored(text: str) -> tuple[str, str]:
    backup, _, fresh = text.partition("\t")
    return backup, fresh


def model(found: Mapping[str, list[str]], folder: str, current: str = "") -> Model | None:
    """Read the model that a script told of, if it did; `folder` is the environment's, `current` where it is known."""
    told = next(iter(found.get("model", [])), "")
    read = Model.read(told, found["root"][0], folder, current) if told else None
    return read if read and read.services else None


def parse(lines: Iterable[str], folder: str = "") -> State:
    """Read the survey's lines."""
    found = by_kind(lines)
    read = dict(_manifests(found.get("release", [])))
    manifests = [manifest for _, manifest in read.values()]
    tested = tuple(_tested(found.get("tested", [])))
    return State(
        current=next(iter(found.get("current", [])), None),
        checksum=next(iter(found.get("checksum", [])), ""),
        releases={name: release for name, (release, _) in read.items()},
        tested={name: digests for name, digests, _ in tested},
        tested_beside={name: beside for name, _, beside in tested},
        entries=_entries(found.get("audit", [])),
        containers=containers(found.get("container", []), found.get("image", [])),
        volumes=tuple(found.get("volume", [])),
        model=model(found, folder),
        left=next((_left(text) for text in found.get("job", [])), None),
        backups=backups.parse(found.get("backup", [])),
        maintenance=next((_since(text) for text in found.get("maintenance", [])), None),
        certificate=next(iter(found.get("certificate", [])), ""),
        urls={manifest["id"]: manifest["url"] for manifest in manifests if manifest.get("url")},
        restore=frozenset(found.get("restore", [])),
        restored=next((_restored(text) for text in found.get("restored", [])), None),
        environments=frozenset(filter(None, (manifest.get("environment") for manifest in manifests))),
        damaged=frozenset(found.get("folder", [])) - read.keys(),
        secrets=secrets(found.get("secret", [])),
    )


def _manifests(texts: Iterable[str]) -> Iterator[tuple[str, tuple[Release, dict[str, Any]]]]:
    """Read releases with their manifests, by name; one that a server lost with its power is left out."""
    for text in texts:
        with suppress(*_UNREADABLE):
            manifest = json.loads(text)
            release = Release.from_json(manifest)
            yield release.id, (release, manifest)


def _tested(texts: Iterable[str]) -> Iterator[tuple[str, dict[str, str], frozenset[str]]]:
    """Read what E2E passed on, and beside what, by release; what cannot be read was not tested."""
    for release_id, _, text in (text.partition("\t") for text in texts):
        with suppress(*_UNREADABLE):
            told = json.loads(text)
            yield release_id, dict(told["digests"]), frozenset(told.get("beside", ()))


def _since(text: str) -> dict[str, str]:
    """Read who closed the environment; a file that a person made says nothing."""
    with suppress(ValueError, AttributeError):
        return {name: str(value) for name, value in json.loads(text).items()}
    return {}


def _left(text: str) -> Left:
    title, _, code = text.rpartition("\t")
    return Left(title, code)


def _entries(texts: Iterable[str]) -> tuple[Entry, ...]:
    """Read the audit; of each deployment the last word counts: one whose record was not answered is undone after it."""
    said: dict[str, Entry] = {}
    for text in texts:
        # A disk that was full may have left half a line: it tells of a deployment that was not recorded.
        with suppress(*_UNREADABLE):
            entry = Entry.from_json(json.loads(text))
            said.pop(entry.deployment.id, None)
            said[entry.deployment.id] = entry
    return tuple(said.values())
