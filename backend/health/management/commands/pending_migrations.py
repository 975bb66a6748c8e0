"""Say what a deploy has to know of the migrations that wait."""

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DEFAULT_DB_ALIAS, InterfaceError, OperationalError, connections

from health import checks, pending

UNAVAILABLE = 69
"""The exit code for a service that does not answer (EX_UNAVAILABLE of sysexits.h)."""


class Command(BaseCommand):
    """Print the pending migrations with what would break older code, as JSON."""

    help = "Print pending migrations, and what in them would break the code that runs, as JSON."
    # The database alone is asked: a deploy waits for this.
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        """Take which database."""
        parser.add_argument("--database", default=DEFAULT_DB_ALIAS, choices=sorted(connections))

    def handle(self, *args: Any, database: str, **options: Any) -> None:
        """Print one object on one line."""
        try:
            found = pending.report(connections[database])
        except (InterfaceError, OperationalError) as error:
            why = checks.reason(error)
            raise CommandError(
                f"the database does not answer: {why}", returncode=UNAVAILABLE
            ) from None
        self.stdout.write(json.dumps(found))
