"""The guard itself: what it forbids raises, whoever asks."""

from __future__ import annotations

import os
import socket
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import fabric
import pytest

from isolation import ReachedOutError
from shiplane.model import Command
from shiplane.runners.http import HttpRunner
from shiplane.runners.local import LocalRunner

if TYPE_CHECKING:
    from collections.abc import Callable

ATTEMPTS: dict[str, Callable[[], object]] = {
    "subprocess": lambda: subprocess.run(["true"], check=False),
    "shell": lambda: os.system("true"),  # noqa: S605 - it does not get that far
    "fork": os.fork,
    "socket": lambda: socket.create_connection(("127.0.0.1", 1)),
    "unix socket": lambda: socket.socket(socket.AF_UNIX),
    "name": lambda: socket.getaddrinfo("localhost", 80),
    "local runner": lambda: LocalRunner(Path.cwd(), {}).run(Command(("true",))),
    "http runner": lambda: HttpRunner().request("GET", "http://127.0.0.1:1/"),
    "fabric": lambda: fabric.Connection("127.0.0.1").open(),
}


@pytest.mark.parametrize("attempt", ATTEMPTS.values(), ids=ATTEMPTS)
def test_reaching_out_raises(attempt: Callable[[], object], reached_out: list[str]) -> None:
    with pytest.raises(ReachedOutError):
        attempt()
    assert reached_out != []
    reached_out.clear()
