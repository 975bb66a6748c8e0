from __future__ import annotations

import json
from collections import deque

import pytest

from shiplane.runners.reading import REFUSED, NotReading, Questions

PULL = b"GET /v2/acme/app/manifests/sha256:a HTTP/1.1\r\nHost: 127.0.0.1:5500\r\nAccept: application/json, */*\r\n\r\n"
LOOK = b"HEAD /v2/acme/app/blobs/sha256:b HTTP/1.1\r\nHost: 127.0.0.1:5500\r\nContent-Length: 0\r\nX-Empty:\r\n\r\n"


def test_questions_go_on_as_they_came_however_they_were_cut() -> None:
    sent = PULL + LOOK + PULL
    for size in (1, 7, 64, len(sent)):
        asked = Questions()
        assert b"".join(asked.take(sent[at : at + size]) for at in range(0, len(sent), size)) == sent


def test_half_a_question_waits_for_the_rest() -> None:
    asked = Questions()
    assert asked.take(PULL + LOOK[:20]) == PULL
    assert asked.take(LOOK[20:]) == LOOK


@pytest.mark.parametrize(
    "request_",
    [
        *(method + PULL[3:] for method in (b"POST", b"PUT", b"PATCH", b"DELETE", b"OPTIONS", b"get", b" GET", b"")),
        PULL.replace(b"\r\n\r\n", b"\r\nContent-Length: 5\r\n\r\nPUT /"),
        PULL.replace(b"\r\n\r\n", b"\r\nContent-Length: 0\r\ncontent-length: 05\r\n\r\n"),
        PULL.replace(b"\r\n\r\n", b"\r\nContent-Length: 0, 5\r\n\r\n"),
        PULL.replace(b"\r\n\r\n", b"\r\nContent-Length : 5\r\n\r\n"),
        PULL.replace(b"\r\n\r\n", b"\r\nTRANSFER-Encoding: chunked\r\n\r\n"),
        PULL.replace(b"\r\n\r\n", b"\r\nUpgrade: h2c\r\n\r\n"),
        PULL.replace(b"\r\n\r\n", b"\r\nX: 1\r\n folded: 5\r\n\r\n"),
        b"GET /v2/ HTTP/1.1\nHost: here\n\nDELETE /v2/acme/app/manifests/sha256:a HTTP/1.1\r\nHost: here\r\n\r\n",
        b"GET /v2/ HTTP/1.1\r\nHost: here\n\nDELETE /v2/acme/app/manifests/sha256:a HTTP/1.1\r\nHost: here\r\n\r\n",
        b"GET /v2/ HTTP/1.1\r\nHost: here\r\rDELETE /v2/ HTTP/1.1\r\n\r\n",
        b"\r\n" + PULL,
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"G\x16",
        b"HEA\r",
    ],
)
def test_what_writes_or_could_be_read_in_two_ways_is_refused(request_: bytes) -> None:
    for cut in (1, len(request_)):
        asked, sent = Questions(), list[bytes]()
        assert asked.take(PULL) == PULL
        with pytest.raises(NotReading):
            sent.extend(asked.take(request_[at : at + cut]) for at in range(0, len(request_), cut))
        # Where a load is announced nothing of it goes on, nor does what announces it.
        assert not any(sent)


def test_a_question_without_end_is_refused() -> None:
    asked = Questions()
    with pytest.raises(NotReading):
        deque(asked.take(b"GET /" + b"x" * 1000) for _ in range(100))


def test_the_refusal_is_one_of_a_registry() -> None:
    head, _, body = REFUSED.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 405 ")
    assert f"Content-Length: {len(body)}".encode() in head.split(b"\r\n")
    assert json.loads(body)["errors"][0]["message"] == "it is lent to be read"
