"""Waiting until what was started answers."""

from __future__ import annotations

import socket
import time
from typing import TYPE_CHECKING

from shiplane.lab.layout import ADDRESS
from shiplane.runners.base import now

if TYPE_CHECKING:
    from collections.abc import Callable

_PAUSE_SECONDS = 0.05
_CONNECT_SECONDS = 2.0


def wait_for(answers: Callable[[], bool], seconds: float) -> bool:
    """Ask again and again until the answer is yes; tell whether it came in time."""
    deadline = now() + seconds
    while not answers():
        if now() > deadline:
            return False
        time.sleep(_PAUSE_SECONDS)
    return True


def says(port: int, greeting: bytes, question: bytes = b"") -> bool:
    """Tell whether what listens on a port of this machine answers with these first bytes."""
    try:
        with socket.create_connection((ADDRESS, port), _CONNECT_SECONDS) as connection:
            connection.sendall(question)
            return connection.recv(len(greeting), socket.MSG_WAITALL) == greeting
    except OSError:
        return False


def is_free(port: int) -> bool:
    """Tell whether a port of this machine can be bound."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        # As the engine does: connections of a lab that was just removed do not hold the port.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((ADDRESS, port))
        except OSError:
            return False
    return True
