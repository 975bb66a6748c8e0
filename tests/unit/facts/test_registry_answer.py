from __future__ import annotations

from datetime import UTC, datetime

import pytest

from shiplane.facts.registry_answer import Kind, failure, host_of, kind, names, pause
from shiplane.runners.base import Completed

REFERENCE = "registry.test:40404/acme/app-backend:1.0.0-404401403abc"
URL = "https://registry.test:40404/v2/acme/app-backend"


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        (f"ERROR: {REFERENCE}: not found", "absent"),
        ("unexpected status from HEAD request to https://registry.test/v2/x: 404 Not Found", "absent"),
        ("ERROR: unauthorized: authentication required", "unauthorized"),
        ("received unexpected HTTP status: 401 Unauthorized", "unauthorized"),
        ("no basic auth credentials", "unauthorized"),
        (f"unexpected status from PUT request to {URL}/manifests/x: 403 Forbidden", "forbidden"),
        ("denied: permission_denied: write_package", "forbidden"),
        ("pull access denied, insufficient_scope: authorization failed", "forbidden"),
        (f"unexpected status from POST request to {URL}/blobs/uploads/: 429 Too Many Requests", "limited"),
        ("toomanyrequests: You have reached your pull rate limit.", "limited"),
        ("ERROR: unexpected status: 500 Internal Server Error for sha256:404abc", "broken"),
        ("ERROR: unexpected status: 502 Bad Gateway from 10.0.0.1:404", "broken"),
        ("received unexpected HTTP status: 503 Service Unavailable", "broken"),
        (f'failed to do request: Head "{URL}/blobs/sha256:ab": EOF', "cut"),
        ("read tcp 127.0.0.1:40404->127.0.0.1:401: read: connection reset by peer", "cut"),
        ("http2: server sent GOAWAY and closed the connection", "cut"),
        ("tls: failed to verify certificate: x509: certificate signed by unknown authority", "untrusted"),
        ('error getting credentials - err: exec: "docker-credential-x": executable file not found', "helper"),
        (f'failed to do request: Head "{URL}": dial tcp 127.0.0.1:40404: connect: connection refused', "silent"),
        ("failed to do request: lookup registry.test: no such host", "silent"),
        (f"ERROR: {REFERENCE}: i/o timeout", "silent"),
        ("permission denied while trying to connect to the Docker daemon socket", "silent"),
    ],
)
def test_an_answer_is_read_as_one_word(text: str, wanted: Kind) -> None:
    assert kind(text, *names(REFERENCE)) == wanted


def test_what_was_asked_for_is_told_in_the_error() -> None:
    done = Completed(1, "", "denied: no", 0.1)
    assert (
        failure(REFERENCE, done).cause == f"registry registry.test:40404 refuses {REFERENCE}: this user may not do that"
    )
    assert "refuses the login" in failure("registry.test", done, "the login").cause
    assert failure(REFERENCE, done).details == ("denied: no",)


@pytest.mark.parametrize(
    ("reference", "wanted"),
    [
        (REFERENCE, "registry.test:40404"),
        ("postgres:17", "docker.io"),
        ("grafana/grafana:11", "docker.io"),
        ("docker.io/library/postgres:17", "docker.io"),
        ("localhost/a:1", "localhost"),
        ("ghcr.io/acme/a@sha256:abc", "ghcr.io"),
    ],
)
def test_the_registry_of_an_image(reference: str, wanted: str) -> None:
    assert host_of(reference) == wanted
    cause = failure(reference, Completed(1, "", "500 Internal Server Error", 0.1)).cause
    assert cause == f"registry {wanted} fails at {reference} by a fault of its own"


NOW = datetime(2026, 11, 24, 1, 0, 0, tzinfo=UTC).timestamp()
THEN = "Tue, 24 Nov 2026 01:01:30 GMT"


@pytest.mark.parametrize(
    ("status", "headers", "wanted"),
    [
        (429, {"retry-after": "7"}, 7.0),
        (503, {"retry-after": " 0 "}, 0.0),
        (429, {"retry-after": THEN}, 90.0),
        # Their clock is compared with their clock.
        (429, {"retry-after": THEN, "date": "Tue, 24 Nov 2026 01:01:00 GMT"}, 30.0),
        (429, {"retry-after": THEN, "date": "Tue, 24 Nov 2026 01:02:00 GMT"}, 0.0),
        (429, {"retry-after": "soon"}, None),
        (429, {"retry-after": "-5"}, None),
        (429, {}, None),
        (200, {"retry-after": "7"}, None),
    ],
)
def test_how_long_a_registry_wants_to_be_left_alone(status: int, headers: dict[str, str], wanted: float | None) -> None:
    assert pause(status, headers, NOW) == wanted
