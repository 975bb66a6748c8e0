"""What the tests share."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.conf import settings
from django.http import HttpResponse
from rest_framework.test import APIClient

from board import metrics

Post = Callable[[Any], HttpResponse]


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
