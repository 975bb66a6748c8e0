"""Delete old runs by hand."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from board.retention import prune


class Command(BaseCommand):
    """Delete all but the newest runs."""

    help = "Delete all but the newest runs; releases and deployments stay."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take how many to keep."""
        parser.add_argument("--keep", type=int, default=settings.BOARD_RUNS_KEPT)

    def handle(self, *args: Any, keep: int, **options: Any) -> None:
        """Prune, and say how many runs went."""
        if keep < 1:
            raise CommandError(f"--keep {keep} would delete every run: give 1 or more")
        self.stdout.write(f"deleted {prune(keep)} runs, kept the newest {keep}")
