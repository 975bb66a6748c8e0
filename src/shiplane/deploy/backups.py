"""Backups of the database on the server: how they are made, which are kept, and how one takes the database's place."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from shiplane.commands import remote
from shiplane.commands.compose import project
from shiplane.errors import NoBackup

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from shiplane.config import Backup as Settings
    from shiplane.deploy.migrations import Applied
    from shiplane.model import Command, Site


@dataclass(frozen=True, slots=True)
class Backup:
    """Describe `backups/<name>.dump`: made before `migrations` of `release` ran, while `before` served.

    `breaking` are those of them that were allowed by name.
    `size` is in bytes, `made_at` the server's time, ISO 8601 in UTC.
    """

    name: str
    made_at: str
    size: int
    sha256: str
    release: str
    before: str
    migrations: tuple[str, ...] = ()
    breaking: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Give the object that `invoke backups --json` prints."""
        return {**asdict(self), "migrations": list(self.migrations), "breaking": list(self.breaking)}


def parse(texts: Iterable[str]) -> tuple[Backup, ...]:
    """Read the files beside the dumps, the oldest backup first; a file that somebody spoilt is left out."""
    found = []
    for text in texts:
        with suppress(ValueError, KeyError, TypeError):
            data = json.loads(text)
            known = {name: data[name] for name in ("name", "made_at", "size", "sha256", "release", "before")}
            found.append(
                Backup(**known, migrations=tuple(data["migrations"]), breaking=tuple(data.get("breaking", ())))
            )
    return tuple(sorted(found, key=lambda backup: (backup.made_at, backup.name)))


def name(stamp: str, release_id: str) -> str:
    """Name a backup by a time, ISO 8601 in UTC, and the release whose migrations come after it."""
    time = stamp.partition(".")[0].replace("-", "").replace(":", "").removesuffix("Z")
    return f"{time}Z-{release_id}"


def make(  # noqa: PLR0913 - what is written down of a backup, each by name
    site: Site, settings: Settings, backup: str, release_id: str, before: str | None, then: Applied | None = None
) -> Command:
    """Make a backup; it counts when it was written whole and its list of contents can be read.

    `then` is what comes after it.
    """
    about: dict[str, Any] = {"release": release_id, "before": before or ""}
    about |= {"migrations": list(then.migrations), "breaking": list(then.breaking)} if then else {"migrations": []}
    payload = f"{json.dumps(about)[1:-1]}\n"
    return _script(site, settings, "backup", backup, *settings.command, "--", *settings.verify, payload=payload)


def load(site: Site, settings: Settings, backup: str) -> Command:
    """Load a backup into a database beside the one that serves; a failure leaves nothing."""
    return _script(site, settings, "load", backup)


def swap(  # noqa: PLR0913 - what it is about, each by name
    site: Site, settings: Settings, backup: str, keep: Sequence[str], fresh: str, make_fresh: Command
) -> tuple[Command, ...]:
    """Stop who writes, make one more backup, and let the loaded database take the place of the other.

    `keep` are services that do not write; `make_fresh` makes the backup `fresh`.
    """
    return _script(site, settings, "stop", *keep), make_fresh, _script(site, settings, "swap", backup, fresh)


def back(site: Site, settings: Settings) -> Command:
    """Let the database from before serve again, in whatever state the change was left."""
    return _script(site, settings, "back")


def reopen(site: Site, settings: Settings) -> Command:
    """Take the maintenance page away that `swap` has put up."""
    return _script(site, settings, "open")


def finish(site: Site, settings: Settings) -> Command:
    """Remove the database from before; its last backup stays."""
    return _script(site, settings, "finish")


def _script(site: Site, settings: Settings, verb: str, *words: str, payload: str = "") -> Command:
    place = (site.folder, project(site), settings.service)
    return remote.script("database", verb, *place, *words, payload=payload).on(site.host.name)


def outdated(backups: Sequence[Backup], releases: Iterable[str], most: int) -> tuple[str, ...]:
    """Name the backups to remove: those of releases that are gone, and all but `most` of the others.

    A backup belongs to the release that it could bring back and to the one whose migrations came after it. The first
    of each release that it could bring back stays before the newest: a deploy that was tried often makes many.
    """
    kept = set(releases)
    mine = [backup for backup in reversed(backups) if {backup.before, backup.release} & kept]
    first = {backup.before: backup.name for backup in mine if backup.before in kept}
    needed = [backup.name for backup in mine if first.get(backup.before) == backup.name]
    stay = list(dict.fromkeys((*needed, *(backup.name for backup in mine))))[:most]
    return tuple(backup.name for backup in backups if backup.name not in stay)


def before(applied: Sequence[Applied], backups: Sequence[Backup], environment: str) -> str:
    """Give the backup that was made before the first of these changes of the database; raises `NoBackup`.

    Changes that are not breaking and were not backed up may stay.
    """
    if not applied:
        raise NoBackup(environment, "no migration was applied since")
    for change in applied:
        if change.backup:
            if change.backup not in {backup.name for backup in backups}:
                raise NoBackup(environment, f"{change.backup} is no longer kept")
            return change.backup
        if change.breaking:
            break
    raise NoBackup(environment, f"none was made before {applied[0].migrations[0]}")
