"""Read a request's body, at most a megabyte of it."""

from typing import Any

from django.conf import settings
from rest_framework import status
from rest_framework.exceptions import APIException, ParseError
from rest_framework.parsers import JSONParser
from rest_framework.request import Request

CHUNK_BYTES = 64 * 1024
DRAIN_FACTOR = 8


class BodyTooLarge(APIException):
    """The body is larger than a report may be."""

    status_code = status.HTTP_413_REQUEST_ENTITY_TOO_LARGE
    default_code = "too_large"


def check_length(request: Request) -> None:
    """Raise BodyTooLarge or ParseError by the announced length, before anything is parsed."""
    limit = settings.BOARD_REPORT_MAX_BYTES
    announced = request.META.get("CONTENT_LENGTH") or "0"
    length = int(announced) if announced.isdecimal() else 0
    if length == 0:
        raise ParseError("the body is empty or has no Content-Length: send a report as JSON")
    if length <= limit:
        return
    # A server that closes with unread bytes resets the connection and the answer is lost.
    for _ in range(min(length, limit * DRAIN_FACTOR) // CHUNK_BYTES + 1):
        if not request._request.read(CHUNK_BYTES):
            break
    raise BodyTooLarge(f"the body has {length} bytes and at most {limit} are taken: send fewer")


class ReportParser(JSONParser):
    """JSON, with nesting too deep to parse answered as bad input."""

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> Any:
        """Parse the body as strict JSON."""
        try:
            return super().parse(stream, media_type, parser_context)
        except RecursionError:
            raise ParseError("the body is nested too deeply") from None
