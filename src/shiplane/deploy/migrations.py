"""Migrations that wait: which of them would break the code that runs beside them, and what was applied since when."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from shiplane.errors import BreakingMigrations, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from shiplane.deploy.backups import Backup
    from shiplane.deploy.survey import Entry

FIXES = {
    "DROP_COLUMN": "deploy code that does not use the column first, drop it with the release after",
    "DROP_TABLE": "deploy code that does not use the table first, drop it with the release after",
    "RENAME_COLUMN": "add the new column, write both, copy, then drop the old one",
    "RENAME_TABLE": "keep the table's name (db_table), or make a new one and copy",
    "NOT_NULL": "add it with db_default, or as null=True and fill it before it becomes NOT NULL",
    "ALTER_COLUMN": "add a column of the new type, write both, copy, then drop the old one",
    "ADD_UNIQUE": "deploy code that writes no duplicates first",
    "ADD_CHECK": "deploy code that writes nothing else first",
    "NOT_ANALYSED": "deploy it apart from the migrations before it",
}
"""What to do instead, by rule; docs/migrations.md has each as an example."""
_OTHERWISE = "split it into expand and contract"


@dataclass(frozen=True, slots=True)
class Finding:
    """Tell what is wrong with a migration: a `breaking` one fails the code of the release before."""

    rule: str
    message: str
    table: str = ""
    column: str = ""
    breaking: bool = True

    def __str__(self) -> str:
        place = ".".join(part for part in (self.table, self.column) if part)
        return f"{self.rule} {place}".strip()


@dataclass(frozen=True, slots=True)
class Migration:
    """Name a migration as `app.name`, with what was found in it."""

    name: str
    findings: tuple[Finding, ...] = ()

    @property
    def breaks(self) -> tuple[Finding, ...]:
        """Give the findings that fail the code of the release before."""
        return tuple(finding for finding in self.findings if finding.breaking)


@dataclass(frozen=True, slots=True)
class Pending:
    """Hold what a database waits for; `fresh` has no table yet, `ahead` are migrations of a newer release."""

    migrations: tuple[Migration, ...] = ()
    fresh: bool = False
    ahead: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """Give the names, in the order in which they run."""
        return tuple(migration.name for migration in self.migrations)


@dataclass(frozen=True, slots=True)
class Applied:
    """Record what a deploy did to the database: part of its line in the audit.

    `breaking` are those of `migrations` that were allowed by name, `backup` was made before them. `restored` is
    the backup that took the place of the database.
    """

    migrations: tuple[str, ...] = ()
    breaking: tuple[str, ...] = ()
    backup: str = ""
    restored: str = ""

    def to_json(self) -> dict[str, Any]:
        """Give what is worth a word."""
        found = {
            "migrations": list(self.migrations),
            "breaking": list(self.breaking),
            "backup": self.backup,
            "restored": self.restored,
        }
        return {key: value for key, value in found.items() if value}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Applied:
        """Read a line of the audit; one that is older than these fields did nothing to the database."""
        return cls(
            tuple(data.get("migrations", ())),
            tuple(data.get("breaking", ())),
            data.get("backup", ""),
            data.get("restored", ""),
        )


def parse(output: str, command: Sequence[str]) -> Pending:
    """Read what the pending command printed: its last line that is an object; raises `UsageError`."""
    for line in reversed(output.splitlines()):
        if line.startswith("{"):
            try:
                return _pending(json.loads(line))
            except (ValueError, KeyError, TypeError, AttributeError):
                break
    raise UsageError(
        f"the pending command did not print its JSON object: {' '.join(command)}",
        'it must print {"pending": [{"name": "app.0001_x", "findings": []}]}, see docs/migrations.md',
    )


def _pending(data: dict[str, Any]) -> Pending:
    migrations = tuple(
        Migration(
            entry["name"],
            tuple(
                Finding(
                    found["rule"],
                    found.get("message", ""),
                    found.get("table", ""),
                    found.get("column", ""),
                    bool(found.get("breaking", True)),
                )
                for found in entry.get("findings", [])
            ),
        )
        for entry in data["pending"]
    )
    return Pending(migrations, bool(data.get("fresh")), tuple(data.get("ahead", [])))


def decide(pending: Pending, serving: str | None, allowed: Iterable[str]) -> tuple[str, ...]:
    """Give the migrations that break `serving` and are allowed by name; raises `BreakingMigrations` for the others.

    Where nothing serves, or the database is fresh, nothing can break.
    """
    if serving is None or pending.fresh:
        return ()
    breaking = [migration for migration in pending.migrations if migration.breaks]
    refused = [migration for migration in breaking if migration.name not in set(allowed)]
    if refused:
        raise BreakingMigrations(
            serving,
            [(migration.name, ", ".join(map(str, migration.breaks))) for migration in refused],
            [line for migration in refused for line in explain(migration)],
        )
    return tuple(migration.name for migration in breaking)


def explain(migration: Migration) -> list[str]:
    """Write a line for each finding: what, where, and what to do instead."""
    return [
        f"{migration.name}: {found}: {found.message}"
        + (f"; instead: {FIXES.get(found.rule, _OTHERWISE)}" if found.breaking else "")
        for found in migration.findings
    ]


def since(entries: Sequence[Entry], release_id: str, backups: Sequence[Backup] = ()) -> tuple[Applied, ...]:
    """Give what was done to the database after the release last served, the oldest first.

    A backup that was restored meanwhile has taken back what had come after it. Backups that no entry names were
    made by runs that did not come to their end: what comes after them may have been applied.
    """
    done: list[tuple[float, Applied]] = []
    served: dict[str, int] = {}
    for number, entry in enumerate(entries):
        applied = entry.applied
        if applied.restored:
            made = [at for at, change in done if change.backup == applied.restored]
            done = [(at, change) for at, change in done if not made or at < made[0]]
        elif applied.migrations:
            done.append((number, applied))
        if entry.served:
            served[entry.deployment.release] = number
    # Made while another one served: after that one came, and before the next did.
    done += [(served[b.before] + 0.5, _untold(b)) for b in _unrecorded(entries, backups) if b.before in served]
    last = served.get(release_id, -1)
    return tuple(change for at, change in sorted(done, key=lambda pair: pair[0]) if at > last)


def _unrecorded(entries: Sequence[Entry], backups: Sequence[Backup]) -> list[Backup]:
    named = {entry.applied.backup for entry in entries}
    at = {backup.name: backup.made_at for backup in backups}
    taken_back = [
        (at.get(entry.applied.restored, ""), at.get(entry.applied.backup, "~"))
        for entry in entries
        if entry.applied.restored
    ]
    return [
        backup
        for backup in backups
        if backup.name not in named
        and backup.migrations
        and not any(first <= backup.made_at <= last for first, last in taken_back)
    ]


def _untold(backup: Backup) -> Applied:
    return Applied(backup.migrations, backup.breaking, backup.name)
