"""Turn exceptions into JSON answers."""

import logging

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, JsonResponse
from rest_framework import status
from rest_framework.response import Response
from rest_framework.views import exception_handler

logger = logging.getLogger(__name__)


def answer(exception: Exception, context: dict) -> Response | None:
    """Answer 503 when the database is away, and as the framework does otherwise."""
    if isinstance(exception, (OperationalError, InterfaceError)):
        logger.error("the database does not answer: %s", exception)
        return Response(
            {"detail": "the database does not answer: try again in a moment"},
            status=status.HTTP_503_SERVICE_UNAVAILABLE,
        )
    return exception_handler(exception, context)


def not_found(request: HttpRequest, exception: Exception) -> JsonResponse:
    """Answer an address that does not exist."""
    return JsonResponse({"detail": "no such address: see /api/v1/schema/"}, status=404)


def server_error(request: HttpRequest) -> JsonResponse:
    """Answer a bug without showing it."""
    return JsonResponse({"detail": "an internal error; the server's log has it"}, status=500)
