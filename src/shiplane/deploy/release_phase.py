"""The release phase: see what is pending, back the database up, migrate; what serves goes on meanwhile."""

from __future__ import annotations

import contextlib
import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from shiplane.commands.compose import Compose
from shiplane.deploy import backups, migrations
from shiplane.deploy.migrations import Applied
from shiplane.deploy.phases import Phase
from shiplane.errors import BackupFailed, DatabaseAhead, MigrationFailed, ShiplaneError, StepFailed, Unreachable

if TYPE_CHECKING:
    from shiplane.deploy.context import Context
    from shiplane.deploy.migrations import Pending
    from shiplane.deploy.phases import Options
    from shiplane.deploy.survey import State
    from shiplane.model import Command, Release, Site

_CHECK_SECONDS = 120.0
_RELEASE_SECONDS = 600.0
_AWAY = "does not answer"
_TELLING = re.compile(r"error|exception|do(es)? not|cannot|can't|fail|refuse|violat|unknown", re.IGNORECASE)
PLANNED_BACKUP = "BACKUP"


def check(site: Site, release_id: str, options: Options) -> Phase:
    """Ask for the pending migrations, in a container of the new image."""
    command = Compose.of(site).of_release(release_id).run_once(options.release_service, options.pending_command)
    return Phase("check", "see which migrations are pending", (command.on(site.host.name),), _CHECK_SECONDS, told=False)


def migrate(site: Site, release_id: str, options: Options, backup: Command | None) -> Phase:
    """Run the release command once, in a container of the new image, the backup before it."""
    command = Compose.of(site).of_release(release_id).run_once(options.release_service, options.release_command)
    title = f"run {' '.join(options.release_command)}"
    if backup is None:
        return Phase("release", title, (command.on(site.host.name),), _RELEASE_SECONDS)
    title, seconds = f"back the database up and {title}", _RELEASE_SECONDS + options.backup.seconds
    return Phase("release", title, (backup, command.on(site.host.name)), seconds)


def planned(site: Site, release_id: str, options: Options) -> tuple[Phase, ...]:
    """Give the phases for a plan: the second runs where the first finds something, or where nothing is asked."""
    if not options.release_command:
        return ()
    if not options.pending_command:
        return (migrate(site, release_id, options, None),)
    backup = backups.make(site, options.backup, PLANNED_BACKUP, release_id, None) if options.backup.service else None
    return check(site, release_id, options), migrate(site, release_id, options, backup)


def settled(state: State, release: Release, options: Options) -> bool:
    """Tell whether nothing can be pending: the last deployment, which went well, ran this image or these migrations."""
    service, last = options.release_service, state.serving
    if state.restore:
        return False  # nobody wrote down which database serves
    if last is None or last is not state.entries[-1] or service not in release.digests() or not state.well:
        return False
    running = {container.service for container in state.containers if container.status == "running"}
    known = state.releases.get(last.deployment.release)
    same_migrations = known is not None and release.schema != "" and known.schema == release.schema
    same_image = last.digests.get(service) == release.digests()[service]
    return (same_image or same_migrations) and running >= set(options.data_services)


@dataclass(slots=True)
class ReleasePhase:
    """Bring the database to what a release needs; `before` serves meanwhile, None on a first deploy.

    `rewritten` are the files of a release that was there with others: its database may be another one too.
    `applied` says what was done, after a failure what was done until then, or may have been.
    """

    context: Context
    release: Release
    state: State
    before: str | None
    rewritten: bool = False
    applied: Applied = field(default_factory=Applied, init=False)

    def run(self) -> None:
        """Run it, or say why there is nothing to run.

        Raises `BreakingMigrations`, `BackupFailed` and `MigrationFailed`; what serves was not touched then.
        """
        context, options = self.context, self.context.options
        if not options.release_command:
            return
        if not self.rewritten and settled(self.state, self.release, options):
            context.report(f"{options.release_service} has the migrations of what ran last: none can be pending")
        elif options.pending_command:
            self._checked(self._ask())
        else:
            self._migrate(None)

    def _ask(self) -> Pending:
        context, options = self.context, self.context.options
        try:
            done = context.execution().run(check(context.site, self.release.id, options))
        except StepFailed as failure:
            raise _unasked(context.site, options, failure) from failure
        return migrations.parse(done[-1].stdout, options.pending_command)

    def _checked(self, pending: Pending) -> None:
        context, options = self.context, self.context.options
        self._tell(pending)
        breaking = migrations.decide(pending, self.before, context.allowed)
        self._refuse_older(pending)
        if not pending.migrations:
            return
        backup = None
        # In a database that holds no table yet there is nothing to keep.
        if options.backup.service and not pending.fresh:
            name = backups.name(context.stamp(), self.release.id)
            self.applied = Applied(pending.names, breaking, name)
            backup = backups.make(context.site, options.backup, name, self.release.id, self.before, self.applied)
        self.applied = replace(self.applied, migrations=pending.names, breaking=breaking)
        self._migrate(backup)

    def _tell(self, pending: Pending) -> None:
        report, allowed = self.context.report, self.context.allowed
        report(f"pending: {', '.join(pending.names)}" if pending.migrations else "no migration is pending")
        for migration in pending.migrations:
            for line in () if pending.fresh or self.before is None else migrations.explain(migration):
                report(f"  {line}")
        for name in allowed:
            if name not in pending.names:
                report(f"  {name} is allowed and not pending")

    def _refuse_older(self, pending: Pending) -> None:
        """Refuse a release that is older than a change of the database which breaks it."""
        known = {name for entry in self.state.entries for name in entry.applied.breaking}
        broken = [name for name in pending.ahead if name in known and name not in self.context.allowed]
        if pending.ahead:
            self.context.report(f"  the database is ahead of {self.release.id}: {', '.join(pending.ahead)}")
        if broken and self.before is not None:
            done = migrations.since(self.state.entries, self.release.id, self.state.backups)
            with contextlib.suppress(ShiplaneError):
                backup = backups.before(done, self.state.backups, self.context.site.environment)
                raise DatabaseAhead(self.context.site.environment, self.release.id, broken, backup)
            raise DatabaseAhead(self.context.site.environment, self.release.id, broken, "")

    def _migrate(self, backup: Command | None) -> None:
        context = self.context
        try:
            context.execution().run(migrate(context.site, self.release.id, context.options, backup))
        except BackupFailed:
            self.applied = Applied()
            raise
        except StepFailed as failure:
            raise self._failed(failure) from failure

    def _failed(self, failure: StepFailed) -> MigrationFailed:
        """Say which migration failed, and what of the others was applied."""
        applied, left = self.applied, self._left()
        if left:
            done, broken = ([n for n in names if n not in left] for names in (applied.migrations, applied.breaking))
            self.applied = replace(applied, migrations=tuple(done), breaking=tuple(broken))
        cause = f"migration {left[0]} failed: {_said(failure)}" if left else failure.cause
        return MigrationFailed(
            f"{self.release.id}: {cause}" if self.before else cause,
            self.before,
            _advice(self.applied, left),
            failure.details,
        )

    def _left(self) -> tuple[str, ...]:
        """Ask again what is pending; nothing where nobody can tell."""
        if self.applied.migrations:
            with contextlib.suppress(ShiplaneError):
                return self._ask().names
        return ()


def _advice(applied: Applied, left: tuple[str, ...]) -> str:
    advice = "mend it and deploy again"
    if left:
        advice += "; PostgreSQL has taken the failed migration back, unless it says atomic = False"
    if applied.migrations and left:
        advice += f"; applied and staying: {', '.join(applied.migrations)}"
    return f"{advice}; the database from before is backups/{applied.backup}.dump" if applied.backup else advice


def _said(failure: StepFailed) -> str:
    """Give the line that tells the error: what two streams say does not arrive in order."""
    lines = [line.strip() for line in failure.details if line.strip()]
    telling = [line for line in lines if _TELLING.search(line)]
    return (telling or lines or [failure.cause])[-1]


def _unasked(site: Site, options: Options, failure: StepFailed) -> ShiplaneError:
    line, said = " ".join(options.pending_command), _said(failure)
    if _AWAY in said:
        cause = f"{site.environment}: {said.removeprefix('CommandError: ')}"
        return Unreachable(
            cause, f"look at its container: docker compose logs {options.backup.service}", failure.details
        )
    return StepFailed(f"the pending command failed: {line}: {said}", "mend what its output names", failure.details)
