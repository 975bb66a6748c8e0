"""Holders of an environment on a real server."""

from __future__ import annotations

import subprocess
import threading
import time
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from helpers.locks import dead, left
from shiplane.deploy.lock import Holder, Lock, Timing
from shiplane.errors import Locked
from shiplane.model import Command
from shiplane.runners.base import Cancel

if TYPE_CHECKING:
    from conftest import Place

HARD = "p)$'\"#\\ ü"


def test_one_holder_at_a_time(staging: Place) -> None:
    timing = Timing(renew=0.5, stale=3, ask=0.4)
    mine, theirs = Holder("r1", "me", "here", 1), Holder("r2", HARD, "there", 2)
    told: list[str] = []
    lock = Lock(staging.runner, staging.site, told.append, Cancel(), timing)
    other = Lock(staging.looker, staging.site, told.append, Cancel(), timing)
    with lock.hold(mine):
        time.sleep(4.5)
        with pytest.raises(Locked, match="held by run r1"), other.hold(theirs):
            raise AssertionError
        with lock.hold(mine):
            pass
        assert str(other.holder()).startswith("run r1 (me@here, process 1")
    left(lock, mine)
    left(lock, replace(mine, pid=9))
    assert len(told) == 1
    with other.hold(theirs, wait=True):
        assert other.holder() == replace(theirs, since=other.holder().since, renewed_at=other.holder().renewed_at)  # type: ignore[union-attr]
    assert [line.partition(", held by")[0][:30] for line in told] == [
        "staging is held by run r1 (me@",
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
    timing = Timing(renew=0.3, stale=1, ask=0.3)
    wins: list[int] = []
    lost: list[int] = []
    over, barrier = threading.Event(), threading.Barrier(6)

    def race(number: int) -> None:
        lock = Lock(staging.looker, staging.site, lambda _: None, Cancel(), timing)
        barrier.wait()
        try:
            with lock.hold(Holder(f"r{number}", "me", "here", number)):
                wins.append(number)
                over.wait(20)
        except Locked:
            lost.append(number)
            if len(lost) == 5:
                over.set()

    for _ in range(2):
        wins.clear()
        lost.clear()
        over.clear()
        left(Lock(staging.runner, staging.site, print, Cancel()), Holder("r9", "me", "there", 9))
        time.sleep(2.1)
        threads = [threading.Thread(target=race, args=(number,)) for number in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert (len(wins), len(lost)) == (1, 5)


def test_a_holder_that_was_killed_here_is_followed_at_once(staging: Place) -> None:
    told: list[str] = []
    lock = Lock(staging.runner, staging.site, told.append, Cancel())
    holder, started = dead(HARD), time.monotonic()
    left(lock, holder)
    with lock.hold(Holder("r1", "me", "here", 1)):
        assert time.monotonic() - started < 3
    assert [line[line.index(" was left") :] for line in told] == [" was left by a process that has ended: taken over"]


def test_a_job_keeps_the_lock_until_it_ends(staging: Place) -> None:
    told: list[str] = []
    timing = Timing(renew=60.0, stale=1, ask=0.2)
    lock = Lock(staging.runner, staging.site, told.append, Cancel(), timing)
    holder, folder = dead(HARD), staging.site.folder
    left(lock, holder)
    job = "setsid bash /dev/fd/3 3<<<'sleep 60; :' >/dev/null 2>&1 </dev/null & echo $! >.job/pid"
    job = f"cd {folder} && mkdir -p .job && {{ {job}; }}"
    staging.looker.run(Command(("bash", "-c", job)))
    try:
        # The job renews what its caller took: it does not go stale.
        for _ in range(4):
            assert staging.looker.run(lock.renewal(holder)).exit_code == 0
            time.sleep(0.5)
        threading.Timer(1.5, staging.ask, [f"kill $(cat {folder}/.job/pid)"]).start()
        with lock.hold(Holder("r1", "me", "here", 1)):
            assert "left running" in told[0]
            assert "taken over" in told[1]
            assert staging.looker.run(lock.renewal(holder)).exit_code == 9
            assert staging.looker.run(lock.renewal(Holder("r1", "me", "here", 1))).exit_code == 0
    finally:
        staging.ask(f"pkill -f dev/fd/3; rm -rf {folder}/.job")


def test_a_full_disk_does_not_end_a_lock(staging: Place) -> None:
    holder = Holder("r1", "me", "here", 1)
    lock = Lock(staging.runner, staging.site, print, Cancel())
    folder = f"/home/deploy/{staging.site.folder}/.lock"
    mounted = ("docker", "exec", staging.host.name, "sh", "-c")
    mount = f"mkdir -p {folder}; mount -t tmpfs -o size=64k,uid=1000,gid=1000,mode=700 tmpfs {folder}"
    subprocess.run((*mounted, mount), check=True)
    try:
        with lock.hold(holder):
            staging.ask(f"cat /dev/zero >{folder}/filler 2>/dev/null || :")
            before = lock.holder()
            lock.confirm(holder)
            after = lock.holder()
            assert before is not None
            assert after is not None
            assert after.renewed_at > before.renewed_at
        assert lock.holder() is None
    finally:
        subprocess.run((*mounted, f"umount {folder}"), check=True)
