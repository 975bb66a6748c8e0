"""Delivery metrics, after DORA: how often, how reliably and how fast production changes."""

import uuid
from collections import Counter
from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from statistics import median
from typing import Any

from django.conf import settings
from django.core.cache import cache
from django.utils import timezone

from .models import Action, Deployment, Outcome, Run, RunStatus

ENVIRONMENT = "production"
GENERATION_KEY = "metrics:generation"


def delivery(days: int) -> dict[str, Any]:
    """Return the metrics, from the cache when no report came in between."""
    key = f"metrics:{cache.get(GENERATION_KEY, 'first')}:{timezone.now():%Y-%m-%d}:{days}"
    found = cache.get(key)
    if found is None:
        found = measure(days)
        cache.set(key, found, settings.METRICS_CACHE_SECONDS)
    return found


def forget() -> None:
    """Let nobody read again what was cached before this report."""
    cache.set(GENERATION_KEY, uuid.uuid4().hex, None)


def measure(days: int) -> dict[str, Any]:
    """Measure the last days, today included."""
    first = timezone.now().date() - timedelta(days=days - 1)
    since = datetime.combine(first, time.min, tzinfo=timezone.get_current_timezone())
    return {"days": days} | deployment_metrics(first, since, days) | run_metrics(since)


def deployment_metrics(first: date, since: datetime, days: int) -> dict[str, Any]:
    """Measure production's deployments.

    A rollback is no change of its own; it says that the change before it failed.
    """
    found = Deployment.objects.filter(environment=ENVIRONMENT, finished_at__gte=since)
    found = list(found.select_related("release__run"))
    changes = [item for item in found if item.action != Action.ROLLBACK]
    arrived = [item for item in changes if item.outcome == Outcome.DEPLOYED]
    failures = [item for item in found if is_failure(item)]
    return {
        "deployments_per_week": round(len(arrived) * 7 / days, 2),
        "change_failure_rate": failure_rate(len(failures), len(changes)),
        "median_lead_time_seconds": middle(lead_times(arrived)),
        "daily": daily(first, days, arrived, failures),
    }


def is_failure(deployment: Deployment) -> bool:
    """Tell whether a deployment shows that a change failed."""
    rolled_back = deployment.action == Action.ROLLBACK
    return rolled_back == (deployment.outcome == Outcome.DEPLOYED)


def failure_rate(failures: int, changes: int) -> float | None:
    """Return the part of changes that failed; a rollback may be of a change before the window."""
    return round(min(1.0, failures / changes), 4) if changes else None


def lead_times(arrived: Iterable[Deployment]) -> list[float]:
    """Return the seconds from the start of a release's run to its first time in production."""
    firsts: dict[str, Deployment] = {}
    for item in sorted(arrived, key=lambda item: item.finished_at):
        firsts.setdefault(item.release_id, item)
    known = [item for item in firsts.values() if item.release]
    return [(item.finished_at - asked_at(item)).total_seconds() for item in known]


def asked_at(deployment: Deployment) -> datetime:
    """Return when the change was pushed, as near as the board knows it."""
    release = deployment.release
    return release.run.started_at if release.run else release.created_at


def daily(
    first: date, days: int, arrived: list[Deployment], failures: list[Deployment]
) -> list[dict[str, Any]]:
    """Count deployments and failures of every day, oldest first."""
    good = Counter(item.finished_at.date() for item in arrived)
    bad = Counter(item.finished_at.date() for item in failures)
    dates = [first + timedelta(days=offset) for offset in range(days)]
    return [{"date": day, "deployments": good[day], "failures": bad[day]} for day in dates]


def run_metrics(since: datetime) -> dict[str, Any]:
    """Measure the runs that ended by themselves."""
    ended = Run.objects.filter(
        status__in=[RunStatus.PASSED, RunStatus.FAILED],
        started_at__gte=since,
        finished_at__isnull=False,
    ).values_list("status", "started_at", "finished_at")
    statuses = Counter(status for status, _, _ in ended)
    return {
        "median_run_seconds": middle(
            [(finish - start).total_seconds() for _, start, finish in ended]
        ),
        "runs_passed": statuses[RunStatus.PASSED],
        "runs_failed": statuses[RunStatus.FAILED],
    }


def middle(seconds: list[float]) -> float | None:
    """Return the median; a clock that was set back counts as no time."""
    return round(max(0.0, median(seconds)), 1) if seconds else None
