from __future__ import annotations

import signal
import threading

import pytest

from shiplane.pipeline.interrupts import deferred


def interrupted_twice(first: signal.Signals, told: list[str]) -> None:
    with deferred(lambda: told.append("stop")):
        signal.raise_signal(first)
        told.append("still here")
        signal.raise_signal(signal.SIGINT)
        told.append("not here")


@pytest.mark.parametrize("first", [signal.SIGINT, signal.SIGTERM])
def test_the_first_signal_is_told_and_the_second_has_its_effect(first: signal.Signals) -> None:
    told: list[str] = []
    with pytest.raises(KeyboardInterrupt):
        interrupted_twice(first, told)
    assert told == ["stop", "still here"]


def test_handlers_are_put_back() -> None:
    before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
    with deferred(lambda: None):
        assert signal.getsignal(signal.SIGINT) is not before[0]
    assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)] == before


def test_what_is_ignored_stays_ignored() -> None:
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    told: list[str] = []
    try:
        with deferred(lambda: told.append("stop")):
            signal.raise_signal(signal.SIGINT)
        assert told == []
    finally:
        signal.signal(signal.SIGINT, before)


def test_other_threads_get_no_signals() -> None:
    before = signal.getsignal(signal.SIGINT)
    seen: list[object] = []

    def work() -> None:
        with deferred(lambda: None):
            seen.append(signal.getsignal(signal.SIGINT))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert seen == [before]
