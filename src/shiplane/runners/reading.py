"""Requests that only read: what of a connection to a registry may go on to it, where whoever sends may not write."""

from __future__ import annotations

import re

REFUSED = (
    b"HTTP/1.1 405 Method Not Allowed\r\nAllow: GET, HEAD\r\nContent-Type: application/json\r\n"
    b"Content-Length: 73\r\nConnection: close\r\n\r\n"
    b'{"errors": [{"code": "UNSUPPORTED", "message": "it is lent to be read"}]}'
)
"""What a registry says to who asks for more than it does."""
_LONGEST = 65536
_END = b"\r\n\r\n"
_WORDS = (b"GET ", b"HEAD ")
_REQUEST = re.compile(rb"(?:GET|HEAD) [!-~]+ HTTP/1\.[01]")
# What comes after a request that carries something could be read as one by the registry and as its load by us.
_HEADER = re.compile(
    rb"(?!content-length:(?! *0 *$)|transfer-encoding:|upgrade:)[!#-'*+.^-z|~0-9A-Z-]+:[^\r\n\0]*", re.IGNORECASE
)


class NotReading(Exception):
    """Tell that a request is more than a question."""


class Questions:
    """Let requests through that ask and carry nothing; one that does not look like it to the letter is refused."""

    def __init__(self) -> None:
        self._rest = b""

    def take(self, data: bytes) -> bytes:
        """Give what may be sent on now that this came: whole requests; raises `NotReading` at the first other one."""
        *heads, self._rest = (self._rest + data).split(_END)
        for head in heads:
            first, *headers = head.split(b"\r\n")
            if not _REQUEST.fullmatch(first) or not all(map(_HEADER.fullmatch, headers)):
                raise NotReading
        # At once, not when more has come: who tries TLS first, as Docker does, waits for an answer.
        if len(self._rest) > _LONGEST or not any(word.startswith(self._rest[: len(word)]) for word in _WORDS):
            raise NotReading
        return b"".join(head + _END for head in heads)
