"""A rollback and the database: what was applied since the release served, and how a backup takes its place."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from shiplane.deploy import backups, migrations, services
from shiplane.deploy.migrations import Applied
from shiplane.deploy.phases import Phase
from shiplane.errors import DatabaseAhead, NoBackup

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from shiplane.deploy.phases import Options
    from shiplane.deploy.services import Model, ServiceAction
    from shiplane.deploy.survey import State
    from shiplane.model import Command, Site

PLANNED = "BACKUP"
STOPPED = "stopped"
_SETTLE_SECONDS = 120.0
_WHY = "it is stopped while the database changes"


@dataclass(frozen=True, slots=True)
class Change:
    """Say how a backup takes the database's place: `ahead` of a rollout, `back` where it fails; `reopen` ends both."""

    backup: str
    fresh: str
    keep: tuple[str, ...]
    ahead: tuple[Command, ...]
    back: tuple[Command, ...]
    seconds: float

    @property
    def applied(self) -> Applied:
        """Give what the audit says of it."""
        return Applied(backup=self.fresh, restored=self.backup)

    def lead(self, switch: Phase) -> Phase:
        """Put the change of the database before the one of what serves."""
        seconds = switch.seconds + self.seconds
        return replace(switch, commands=(*self.ahead, *switch.commands), seconds=seconds)

    def decide(self, decided: Sequence[ServiceAction], after: Model, options: Options) -> tuple[ServiceAction, ...]:
        """Start again what would be left alone: it was stopped."""
        return tuple(
            replace(one, verb="roll" if services.can_roll(one.service, after, options) else "recreate", why=_WHY)
            if one.verb == "leave" and one.service not in self.keep
            else one
            for one in decided
        )


def told(state: State, release_id: str) -> list[str]:
    """Say what was applied to the database since a release served."""
    lines = []
    for change in migrations.since(state.entries, release_id, state.backups):
        breaking = f", which breaks {release_id}: {', '.join(change.breaking)}" if change.breaking else ""
        kept = f"; backup from before: {change.backup}" if change.backup else ""
        lines.append(f"applied since {release_id} served: {', '.join(change.migrations)}{breaking}{kept}")
    return lines


def check(environment: str, state: State, release_id: str) -> None:
    """Refuse a release that the database as it is now would break; raises `DatabaseAhead`."""
    done = migrations.since(state.entries, release_id, state.backups)
    breaking = [name for change in done for name in change.breaking]
    if not breaking:
        return
    try:
        backup = backups.before(done, state.backups, environment)
    except NoBackup:
        backup = ""
    raise DatabaseAhead(environment, release_id, breaking, backup)


def choose(environment: str, state: State, release_id: str) -> str:
    """Give the backup with the database as the release knew it; raises `NoBackup`."""
    return backups.before(migrations.since(state.entries, release_id, state.backups), state.backups, environment)


def load(site: Site, options: Options, backup: str) -> Phase:
    """Load a backup beside the database that serves."""
    command = backups.load(site, options.backup, backup)
    return Phase("restore", f"load backup {backup} beside the database", (command,), options.backup.seconds)


def complete(state: State) -> tuple[str, str] | None:
    """Name the backups of a restore whose databases have changed places and whose services were started again."""
    return state.restored if STOPPED not in state.restore else None


def settle(site: Site, options: Options, left: Collection[str]) -> Phase | None:
    """End a change of the database that was cut off, by what it has `left`; None where there is nothing to end.

    Where services are still stopped the database from before comes back: nobody has written to the other one. The
    rollout that follows starts them, and `reopen` lets people in again.
    """
    if not left:
        return None
    end, title = backups.finish, "remove what a restore that was cut off has left"
    if STOPPED in left:
        end, title = backups.back, "bring back the database from before a restore that was cut off"
    return Phase("restore", title, (end(site, options.backup),), _SETTLE_SECONDS)


def reopen(site: Site, options: Options) -> tuple[Command, ...]:
    """Give what ends a change of the database, whichever release serves then."""
    return (backups.reopen(site, options.backup),)


def finish(site: Site, options: Options) -> Phase:
    """Remove the database from before."""
    # After the record: a job would look like one that nobody saw the end of.
    command = backups.finish(site, options.backup)
    return Phase("restore", "remove the database from before", (command,), 60.0, detached=False)


def change(  # noqa: PLR0913 - what is written down of the backup that is made first
    site: Site, options: Options, backup: str, fresh: str, release_id: str, before: str | None, model: Model | None
) -> Change:
    """Lay out the change to a backup that is loaded; `model` describes what serves, which keeps its proxy."""
    first = services.front(model, options) if model else (options.proxy_service,)
    keep = tuple(dict.fromkeys((*options.data_services, options.backup.service, *first)))
    settings = options.backup
    again = backups.make(site, settings, fresh, release_id, before)
    return Change(
        backup,
        fresh,
        keep,
        ahead=backups.swap(site, settings, backup, keep, fresh, again),
        back=(backups.back(site, settings),),
        seconds=settings.seconds,
    )


def planned(site: Site, options: Options, release_id: str) -> Change:
    """Lay out the change for a plan: which backup it is, the server decides."""
    return change(site, options, PLANNED, "BACKUP-OF-NOW", release_id, None, None)
