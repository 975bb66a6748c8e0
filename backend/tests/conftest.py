"""What the tests share."""

import json
import os
from collections.abc import Callable
from typing import Any

import pytest
from django.conf import settings
from django.http import HttpResponse
from pytest_django.plugin import blocking_manager_key
from rest_framework.test import APIClient

from board import metrics
from health import checks

Post = Callable[[Any], HttpResponse]


def pytest_sessionstart(session: pytest.Session) -> None:
    """End with one line, not with an error per test, when what the tests need is not there."""
    if os.environ.get("PYTEST_XDIST_WORKER"):
        return
    for name, ask in (("PostgreSQL", checks.ask_database), ("Redis", checks.ask_redis)):
        try:
            with session.config.stash[blocking_manager_key].unblock():
                ask()
        except Exception as error:
            why = checks.reason(error)
            pytest.exit(f"the tests need {name}: {why}: see DATABASE_URL, DB_*, REDIS_URL", 3)


@pytest.fixture(autouse=True)
def fresh_metrics() -> None:
    """Forget what the test before left in Redis."""
    metrics.forget()


@pytest.fixture
def api() -> APIClient:
    """Return a client that may read."""
    return APIClient()


@pytest.fixture
def writer() -> APIClient:
    """Return a client that may write."""
    return APIClient(HTTP_AUTHORIZATION=f"Bearer {settings.BOARD_TOKEN}")


@pytest.fixture
def post(writer: APIClient, db: None) -> Post:
    """Return a function that posts a report."""
    send = {"path": "/api/v1/reports/", "content_type": "application/json"}
    return lambda body: writer.post(data=json.dumps(body), **send)
