"""Waiting for a server behind the VPN: until it answers once, at most a minute, and not beyond a cancel."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from shiplane.commands import vpn
from shiplane.errors import Interrupted, Unreachable
from shiplane.model import Secret
from shiplane.pipeline.tunnel import PATIENCE_SECONDS, Tunnel
from shiplane.runners.base import Cancel, Completed
from shiplane.runners.recording import RecordingRunner

if TYPE_CHECKING:
    from collections.abc import Callable

    from shiplane.model import Command

PONG = "pong from server (100.64.0.1) via DERP(fra) in 12ms"
LATE = 'ping "100.64.0.1" timed out\nno reply'
NO_WAY = "no matching peer"
LATE_SECONDS = 5.0


class Client(RecordingRunner):
    """Play the client: it does not answer so often, each time with these words; a ping that is late takes its time."""

    def __init__(self, often: float, words: str) -> None:
        super().__init__()
        self.left, self.words, self.at = often, words, 0.0

    def run(
        self, command: Command, *, on_line: Callable[[str], None] | None = None, cancel: Cancel | None = None
    ) -> Completed:
        super().run(command, cancel=cancel)
        self.left -= 1
        said, code = (PONG, 0) if self.left < 0 else (self.words, 1)
        self.at += LATE_SECONDS if said == LATE else 0.0
        if on_line is not None:
            for line in said.splitlines():
                on_line(line)
        return Completed(code, said, said, 0.0)


class Pause(Cancel):
    """Let time pass; a cancel comes with the pause of this number."""

    def __init__(self, client: Client, ends_at: int = 0) -> None:
        super().__init__()
        self.client, self.ends_at, self.pauses = client, ends_at, 0

    def sleep(self, seconds: float) -> None:
        self.client.at += seconds
        self.pauses += 1
        if self.pauses == self.ends_at:
            self.set(Interrupted())
        self.check()


def reach(client: Client, ends_at: int = 0) -> list[str]:
    said: list[str] = []
    way = Tunnel(client, ("tag:ci",), Secret("TS", "key"), said.append, Pause(client, ends_at), lambda: client.at)
    way.reach("100.64.0.1")
    return said


def test_one_answer_is_enough() -> None:
    client = Client(0, "")
    assert reach(client) == [f"$ {vpn.ping('100.64.0.1').masked()}", PONG]
    assert (len(client.commands), client.at) == (1, 0.0)


@pytest.mark.parametrize("words", [LATE, NO_WAY])
def test_what_does_not_answer_yet_is_asked_again(words: str) -> None:
    client = Client(3, words)
    assert reach(client) == [f"$ {vpn.ping('100.64.0.1').masked()}", *words.splitlines() * 3, PONG]
    assert client.commands == [vpn.ping("100.64.0.1")] * 4


@pytest.mark.parametrize(("words", "tries"), [(LATE, 11), (NO_WAY, 61)])
def test_what_never_answers_is_told_after_a_minute(words: str, tries: int) -> None:
    client = Client(float("inf"), words)
    with pytest.raises(Unreachable) as caught:
        reach(client)
    assert caught.value.cause == "100.64.0.1 does not answer in the VPN"
    assert caught.value.details == tuple(words.splitlines())
    assert len(client.commands) == tries
    assert PATIENCE_SECONDS <= client.at < PATIENCE_SECONDS + LATE_SECONDS + 1


def test_a_cancel_ends_the_wait() -> None:
    client = Client(float("inf"), NO_WAY)
    with pytest.raises(Interrupted):
        reach(client, ends_at=2)
    assert len(client.commands) == 2
