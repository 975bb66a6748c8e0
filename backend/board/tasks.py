"""Work that Celery does beside the requests."""

import logging

from django.conf import settings

from config.celery import app

from .retention import prune

logger = logging.getLogger(__name__)


@app.task(name="board.tasks.prune_runs")
def prune_runs() -> int:
    """Delete runs beyond the number that is kept."""
    deleted = prune(settings.BOARD_RUNS_KEPT)
    logger.info("pruned %d runs", deleted)
    return deleted
