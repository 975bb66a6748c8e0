"""What runs where, derived from the deployments."""

from typing import Any

from django.db.models import F, OuterRef, QuerySet, Subquery, Window
from django.db.models.functions import RowNumber

from .models import Deployment, Outcome

SHOWN_DEPLOYMENTS = 5
FIRST = ("staging", "production")
NEWEST = ("-finished_at", "-started_at", "-id")


def environments() -> list[dict[str, Any]]:
    """Return every environment with its release, the one before and its last deployments."""
    recent: dict[str, list[Deployment]] = {}
    for deployment in recent_deployments():
        recent.setdefault(deployment.environment, []).append(deployment)
    current = {item.environment: item for item in newest_each(served()).select_related("release")}
    before = {item.environment: item.release_id for item in newest_each(served_before())}
    return [
        describe(name, recent[name], current.get(name), before.get(name))
        for name in sorted(recent, key=order)
    ]


def order(name: str) -> tuple[int, str]:
    """Sort staging before production, and others after them by name."""
    return (FIRST.index(name) if name in FIRST else len(FIRST), name)


def describe(
    name: str, recent: list[Deployment], current: Deployment | None, before: str | None
) -> dict[str, Any]:
    """Return one environment; without a successful deployment it has no release."""
    return {
        "name": name,
        "url": (current or recent[0]).url,
        "release": current.release if current else None,
        "deployed_at": current.finished_at if current else None,
        "previous": before,
        "deployments": recent,
    }


def recent_deployments() -> QuerySet[Deployment]:
    """Return the last deployments of each environment, newest first, whatever their outcome."""
    rank = Window(RowNumber(), partition_by=F("environment"), order_by=NEWEST)
    return Deployment.objects.annotate(rank=rank).filter(rank__lte=SHOWN_DEPLOYMENTS)


def served() -> QuerySet[Deployment]:
    """Return the deployments whose release served."""
    return Deployment.objects.filter(outcome=Outcome.DEPLOYED)


def served_before() -> QuerySet[Deployment]:
    """Return those of another release than the one that serves now."""
    same_environment = served().filter(environment=OuterRef("environment")).order_by(*NEWEST)
    return served().exclude(release_id=Subquery(same_environment.values("release_id")[:1]))


def newest_each(deployments: QuerySet[Deployment]) -> QuerySet[Deployment]:
    """Keep the newest deployment of each environment."""
    return deployments.order_by("environment", *NEWEST).distinct("environment")
