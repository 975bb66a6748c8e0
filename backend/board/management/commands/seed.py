"""Fill a development board with a fortnight that looks like one."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from board import ingest
from board.api.problems import explain
from board.api.serializers import ReportSerializer
from board.examples import RUN_COUNT, make_report, run_id
from board.models import Run


class Command(BaseCommand):
    """Add example runs, releases and deployments, once."""

    help = "Add example data for development; does nothing when it is there."

    def handle(self, *args: Any, **options: Any) -> None:
        """Store the examples as a report, by the same path as the pipeline's own."""
        if not settings.SEED_ALLOWED:
            raise CommandError("example data is for development and tests, not for this board")
        # The last run stands for all: a report is stored whole or not at all.
        if Run.objects.filter(id=run_id(RUN_COUNT)).exists():
            self.stdout.write("the example data is there, nothing to do")
            return
        report = ReportSerializer(data=make_report(timezone.now()))
        if not report.is_valid():
            raise CommandError(explain(report.errors)["detail"])
        counts = ingest.store(report.validated_data)
        self.stdout.write("added " + ", ".join(f"{count} {name}" for name, count in counts.items()))
