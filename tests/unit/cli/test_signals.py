from __future__ import annotations

import signal
import threading

import pytest

from shiplane.cli.signals import terminable

NUMBERS = (signal.SIGTERM, signal.SIGHUP)


def ended_by(number: signal.Signals, told: list[str]) -> None:
    with terminable():
        try:
            signal.raise_signal(number)
        finally:
            told.append("cleaned up")


@pytest.mark.parametrize("number", NUMBERS)
def test_a_signal_ends_the_block_as_ctrl_c_does(number: signal.Signals) -> None:
    before = [signal.getsignal(each) for each in NUMBERS]
    told: list[str] = []
    with pytest.raises(KeyboardInterrupt):
        ended_by(number, told)
    assert told == ["cleaned up"]
    assert [signal.getsignal(each) for each in NUMBERS] == before


@pytest.mark.parametrize("number", NUMBERS)
def test_what_is_ignored_stays_ignored(number: signal.Signals) -> None:
    before = signal.signal(number, signal.SIG_IGN)
    told: list[str] = []
    try:
        ended_by(number, told)
        assert signal.getsignal(number) is signal.SIG_IGN
    finally:
        signal.signal(number, before)
    assert told == ["cleaned up"]


def test_other_threads_change_nothing() -> None:
    before = signal.getsignal(signal.SIGHUP)
    seen: list[object] = []

    def work() -> None:
        with terminable():
            seen.append(signal.getsignal(signal.SIGHUP))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert seen == [before]
