"""Keep the newest runs and let go of the others."""

from django.db import transaction

from .models import Run


def prune(keep: int) -> int:
    """Delete all but the newest runs and their stages; return how many went.

    Releases and deployments stay: they are the history of the environments.
    """
    with transaction.atomic():
        kept = Run.objects.values("id")[:keep]
        return Run.objects.exclude(id__in=kept).delete()[1].get("board.Run", 0)
