from __future__ import annotations

import signal
import threading

import pytest

from shiplane.pipeline.interrupts import deferred

ALL = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@pytest.mark.parametrize("number", ALL)
def test_every_signal_is_told_and_has_no_other_effect(number: signal.Signals) -> None:
    told: list[int | str] = []
    with deferred(told.append):
        signal.raise_signal(number)
        told.append("still here")
        signal.raise_signal(number)
        signal.raise_signal(signal.SIGINT)
    assert told == [number, "still here", number, signal.SIGINT]


def test_handlers_are_put_back() -> None:
    before = [signal.getsignal(number) for number in ALL]
    with deferred(lambda _number: None):
        assert signal.getsignal(signal.SIGINT) is not before[0]
    assert [signal.getsignal(number) for number in ALL] == before


@pytest.mark.parametrize("number", ALL)
def test_what_is_ignored_stays_ignored(number: signal.Signals) -> None:
    before = signal.signal(number, signal.SIG_IGN)
    told: list[int] = []
    try:
        with deferred(told.append):
            signal.raise_signal(number)
        assert told == []
    finally:
        signal.signal(number, before)


def test_other_threads_get_no_signals() -> None:
    before = signal.getsignal(signal.SIGINT)
    seen: list[object] = []

    def work() -> None:
        with deferred(lambda _number: None):
            seen.append(signal.getsignal(signal.SIGINT))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert seen == [before]
