"""Find the migrations that wait, and what in them would break the code that runs beside them."""

import re
from collections.abc import Iterable, Iterator
from typing import Any

import sqlparse
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.migrations import Migration
from django.db.migrations.executor import MigrationExecutor

_CREATED = re.compile(r"CREATE TABLE (?:IF NOT EXISTS )?(\S+)")
# The forms in which PostgreSQL is told what to change; `COLUMN` is a word that may be left out.
_TABLE = re.compile(
    r"(?:TABLE (?:IF EXISTS )?(?:ONLY )?|\bON (?:ONLY )?)((?!DELETE|UPDATE|COLUMN)[\w\".]+)"
)
_COLUMN = re.compile(r"(?:ADD|DROP|ALTER|RENAME) COLUMN (?:IF (?:NOT )?EXISTS )?([\w\"]+)")
# Rules that look at several statements at once say nothing of a place: this word stands in it.
_TELLING = {"NOT_NULL": "NOT NULL", "ADD_UNIQUE": "UNIQUE"}
_TEXT = re.compile(r"'(?:[^']|'')*'")


def report(connection: BaseDatabaseWrapper) -> dict[str, Any]:
    """Say what is pending on a database.

    `fresh` is a database on which no migration ever ran: nothing can be broken there. `ahead` are
    migrations that ran and that this code does not have: a newer release was here.
    """
    executor = MigrationExecutor(connection)
    loader = executor.loader
    plan = executor.migration_plan(loader.graph.leaf_nodes())
    fresh = not loader.applied_migrations
    pending = [migration for migration, _ in plan]
    findings = {} if fresh or not pending else _findings(connection, executor, pending)
    apps = loader.migrated_apps
    ahead = [key for key in loader.applied_migrations if key[0] in apps]
    return {
        "fresh": fresh,
        "pending": [
            {"name": str(migration), "findings": findings.get(str(migration), [])}
            for migration in pending
        ],
        "ahead": sorted(".".join(key) for key in ahead if key not in loader.disk_migrations),
    }


def _findings(
    connection: BaseDatabaseWrapper, executor: MigrationExecutor, pending: Iterable[Migration]
) -> dict[str, list[dict[str, Any]]]:
    created: set[str] = set()
    return {
        str(migration): list(_of(connection.vendor, executor, migration, created))
        for migration in pending
    }


def _of(
    vendor: str, executor: MigrationExecutor, migration: Migration, created: set[str]
) -> Iterator[dict[str, Any]]:
    """Look at one migration; `created` are the tables that it and those before it make."""
    # Only a deploy with pending migrations pays for the import.
    from django_migration_linter.operations import IgnoreMigration

    from health.rules import analyse

    operations = _operations(executor, migration)
    if operations is None:
        yield _finding("NOT_ANALYSED", "its SQL is only known when it runs", breaking=True)
    elif not any(isinstance(operation, IgnoreMigration) for operation in migration.operations):
        for statements in operations:
            old = list(_of_old_tables(statements, created))
            for issue, breaking in analyse(vendor, old):
                word = _TELLING.get(issue.code, "INDEX")
                said = next((sql for sql in old if word in sql), old[0])
                table, column = issue.table or _table(said), issue.column or _column(said)
                yield _finding(issue.code, issue.message, table, column, breaking=breaking)


def _of_old_tables(statements: Iterable[str], created: set[str]) -> Iterator[str]:
    """Leave out what concerns tables that were not there before: older code does not know them."""
    for sql in statements:
        made = _CREATED.match(sql)
        if made:
            created.add(made[1])
        elif _table(sql) not in created:
            yield sql


def _finding(
    rule: str, message: str, table: str = "", column: str = "", *, breaking: bool
) -> dict[str, Any]:
    table, column = table.replace('"', ""), column.replace('"', "")
    return {
        "rule": rule,
        "message": message,
        "table": table,
        "column": column,
        "breaking": breaking,
    }


def _operations(executor: MigrationExecutor, migration: Migration) -> list[list[str]] | None:
    """Return a migration's statements by operation; None where they cannot be told beforehand."""
    try:
        collected = executor.loader.collect_sql([(migration, False)])
    except ValueError:
        # The name of a constraint that an earlier one of the pending migrations makes.
        return None
    return list(_grouped(collected))


def _grouped(collected: Iterable[str]) -> Iterator[list[str]]:
    """Split statements at the comments that stand between operations; comments are left out."""
    group: list[str] = []
    for entry in collected:
        if entry == "--":
            if group:
                yield group
            group = []
        elif sql := _plain(entry):
            group.append(sql)
    if group:
        yield group


def _plain(sql: str) -> str:
    """Write a statement as Django does: capital keywords, one line, no comments, no texts."""
    formatted = sqlparse.format(sql, keyword_case="upper", strip_comments=True)
    return _TEXT.sub("''", " ".join(formatted.split()))


def _table(sql: str) -> str:
    found = _TABLE.search(sql)
    return found[1] if found else ""


def _column(sql: str) -> str:
    found = _COLUMN.search(sql)
    return found[1] if found else ""
