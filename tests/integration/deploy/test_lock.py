"""Holders of an environment on a real server."""

from __future__ import annotations

import threading
import time
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from shiplane.deploy.lock import Holder, Lock, Timing
from shiplane.errors import Locked
from shiplane.runners.base import Cancel

if TYPE_CHECKING:
    from conftest import Place

HARD = "p)$'\"#\\ ü"


def test_one_holder_at_a_time(staging: Place) -> None:
    timing = Timing(renew=0.3, stale=2, ask=0.2)
    mine, theirs = Holder("r1", "me", "here", 1), Holder("r2", HARD, "there", 2)
    told: list[str] = []
    lock = Lock(staging.runner, staging.site, told.append, Cancel(), timing)
    other = Lock(staging.looker, staging.site, told.append, Cancel(), timing)
    with lock.hold(mine):
        time.sleep(3)
        with pytest.raises(Locked, match="held by run r1"), other.hold(theirs):
            raise AssertionError
        with lock.hold(mine):
            pass
        assert str(other.holder()).startswith("run r1 (me@here, process 1")
    with lock.hold(mine, leave=True):
        pass
    with lock.hold(replace(mine, pid=9), leave=True):
        assert not told
    with other.hold(theirs, wait=True):
        assert other.holder() == replace(theirs, since=other.holder().since, renewed_at=other.holder().renewed_at)  # type: ignore[union-attr]
    assert [line.partition(", held by")[0][:30] for line in told] == [
        "waiting for staging",
        "the lock of run r1 (me@here, p",
    ]
    assert lock.unlock() is None


def test_only_the_lock_that_was_shown_is_broken(staging: Place) -> None:
    shown, other = Holder("r1", "me", "here", 1), Holder("r2", HARD, "there", 2)
    lock = Lock(staging.runner, staging.site, print, Cancel())
    with lock.hold(other):
        with pytest.raises(Locked, match="held by run r2"):
            lock.unlock(shown)
        assert lock.holder() is not None
        assert str(lock.unlock(lock.holder())).startswith("run r2")
        assert lock.holder() is None
        with pytest.raises(Locked, match="nobody: the lock was removed"):
            lock.confirm(other)


def test_of_many_that_take_over_one_wins(staging: Place) -> None:
    Lock(staging.runner, staging.site, print, Cancel()).unlock()
    wins: list[int] = []
    barrier = threading.Barrier(6)

    def race(number: int) -> None:
        lock = Lock(staging.looker, staging.site, lambda _: None, Cancel(), Timing(stale=0))
        barrier.wait()
        try:
            with lock.hold(Holder(f"r{number}", "me", "here", number), leave=True):
                wins.append(number)
        except Locked:
            return

    for _ in range(3):
        wins.clear()
        threads = [threading.Thread(target=race, args=(number,)) for number in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(wins) == 1
        time.sleep(1.1)
    Lock(staging.runner, staging.site, print, Cancel()).unlock()
