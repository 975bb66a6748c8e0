from __future__ import annotations

import threading

from shiplane.runners.heartbeat import Heard, Heartbeat, Rhythm

QUICK = Rhythm(tick=0.02, ask=2, lost=6)


def test_a_cut_is_noticed_within_15_seconds_and_a_busy_server_has_9_to_answer() -> None:
    given = Rhythm()
    assert given.tick * (given.lost + 2) < 15
    assert given.tick * (given.lost - given.ask) >= 9


class Transport:
    """Play a connection: it answers when it is asked, or never."""

    def __init__(self, *, answers: bool) -> None:
        self.answers = answers
        self.asked = 0
        self.gone = threading.Event()
        self.heard = Heard(self)

    def is_active(self) -> bool:
        return not self.gone.is_set()

    def close(self) -> None:
        self.gone.set()

    def recv(self, size: int) -> bytes:
        return b"x" * size

    def global_request(self, kind: str, *, wait: bool) -> None:
        assert (kind, wait) == ("keepalive@openssh.com", True)
        self.asked += 1
        if self.answers:
            self.heard.recv(1)
        else:
            assert self.gone.wait(5)


class Begun:
    """Hold a heartbeat and its two threads, which are none of another connection's."""

    def __init__(self, transport: Transport) -> None:
        before = set(threading.enumerate())
        self.beat = Heartbeat(transport, transport.heard, QUICK)  # type: ignore[arg-type]
        self.beat.start()
        self._threads = [each for each in threading.enumerate() if each not in before]
        assert sorted(each.name for each in self._threads) == ["ssh-ask", "ssh-watch"]

    def ended(self) -> bool:
        for each in self._threads:
            each.join(5)
        return not any(each.is_alive() for each in self._threads)


def test_a_silent_server_that_answers_is_left_alone() -> None:
    transport = Transport(answers=True)
    begun = Begun(transport)
    assert not transport.gone.wait(0.6)
    assert transport.asked > 3
    assert begun.beat.silent_seconds == 0
    begun.beat.stop()
    assert begun.ended()


def test_a_server_that_does_not_answer_is_given_up() -> None:
    transport = Transport(answers=False)
    begun = Begun(transport)
    assert transport.gone.wait(5)
    assert transport.asked == 1
    assert begun.beat.silent_seconds == QUICK.tick * QUICK.lost
    assert begun.ended()


def test_whatever_comes_is_a_sign_of_life() -> None:
    transport = Transport(answers=False)
    begun = Begun(transport)
    for _ in range(60):
        assert transport.heard.recv(3) == b"xxx"
        assert not transport.gone.wait(0.01)
    assert transport.asked == 0
    begun.beat.stop()
    assert begun.ended()


def test_the_socket_s_own_is_passed_on() -> None:
    transport = Transport(answers=True)
    assert transport.heard.is_active() is True
    transport.heard.close()
    assert transport.gone.is_set()
    assert transport.heard._closed  # noqa: SLF001 - Paramiko asks for it
