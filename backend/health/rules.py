"""By which rules a statement breaks older code: django-migration-linter's, and a few more."""

import re

from django_migration_linter.sql_analyser import (
    PostgresqlAnalyser,
    analyse_sql_statements,
    get_sql_analyser_class,
)
from django_migration_linter.sql_analyser.base import Check, CheckMode, CheckType, Issue


def _one_line(code: str, pattern: str, message: str) -> Check:
    compiled = re.compile(pattern)
    return Check(
        code=code,
        fn=lambda sql, **words: compiled.search(sql),
        message=message,
        mode=CheckMode.ONE_LINER,
        type=CheckType.ERROR,
    )


class Analyser(PostgresqlAnalyser):
    """Look at statements for PostgreSQL, those without the word COLUMN and new checks included."""

    migration_checks = [
        *PostgresqlAnalyser.migration_checks,
        _one_line(
            "DROP_COLUMN",
            r"ALTER TABLE .* DROP (?!CONSTRAINT|DEFAULT|NOT NULL|IDENTITY|EXPRESSION)",
            "DROPPING columns",
        ),
        _one_line("RENAME_COLUMN", r"ALTER TABLE .* RENAME (?!TO|CONSTRAINT)", "RENAMING columns"),
        _one_line(
            "ADD_CHECK",
            r"ALTER TABLE .* ADD CONSTRAINT .* (?:CHECK|EXCLUDE)\b",
            "ADDING a check that older code may not pass",
        ),
    ]


def analyse(vendor: str, statements: list[str]) -> list[tuple[Issue, bool]]:
    """Return the issues of an operation's statements, each with whether it breaks older code."""
    kind = Analyser if vendor == "postgresql" else get_sql_analyser_class(vendor)
    errors, _, warnings = analyse_sql_statements(kind, statements)
    return [*((issue, True) for issue in errors), *((issue, False) for issue in warnings)]
