"""Jobs and locks as a server runs them: what ends a job, and what that does with the lock."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from homes import Home
from shiplane.commands import job as jobs
from shiplane.deploy.lock import Holder, Lock
from shiplane.errors import Locked, StillAtWork
from shiplane.model import Command
from shiplane.runners.base import Cancel
from shiplane.runners.local import LocalRunner

if TYPE_CHECKING:
    from collections.abc import Callable

    from shiplane.runners.base import Completed

HARD = "p)$'\"#\\ ü"
TITLE = f"let {HARD} serve"
ME, OTHER = Holder("r1", HARD, "here", 1), Holder("r2", "ada", "laptop", 2)
LONG = "61.25"
"""Seconds that nothing else sleeps."""
SLEEP = Command(("sh", "-c", f"echo begun; sleep {LONG}; echo done"))
BACK = Command(("sh", "-c", "echo back >>undone"))


class Server:
    """Hold a home with a runner, and a lock."""

    def __init__(self, home: Home) -> None:
        self.home = home
        self.told: list[str] = []
        # What is answered for the server has its name as host; here nobody asks for it.
        self.runner = LocalRunner(home.folder, home.environ)
        self.lock = Lock(self.runner, home.site, self.told.append, Cancel())

    def start(self, **words: object) -> Completed:
        """Run a job to its end."""
        job = jobs.Job("j1", TITLE, **{"seconds": 50.0, "commands": (SLEEP,), **words})  # type: ignore[arg-type]
        return self.runner.run(jobs.start(self.home.site.folder, job))

    def begin(self, **words: object) -> Callable[[], Completed]:
        """Begin a job; give what waits for its end."""
        ended: list[Completed] = []
        thread = threading.Thread(target=lambda: ended.append(self.start(**words)))
        thread.start()

        def wait() -> Completed:
            thread.join(60)
            [completed] = ended
            return completed

        return wait

    def until(self, what: str, seen: Callable[[], bool]) -> None:
        """Wait for something on the server."""
        end = time.monotonic() + 30
        while not seen():
            assert time.monotonic() < end, f"{what} did not come"
            time.sleep(0.02)

    def until_begun(self) -> None:
        log = self.home.place / ".job/log"
        self.until("the first command", lambda: log.exists() and "begun" in log.read_text())

    @property
    def undone(self) -> bool:
        return (self.home.folder / "undone").exists()


def sleeping() -> bool:
    """Tell whether what a job has begun still runs."""
    lines = []
    for file in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            lines.append(file.read_bytes())
        except OSError:  # it has ended meanwhile
            continue
    return f"sleep\0{LONG}\0".encode() in lines


@pytest.fixture
def server(tmp_path: Path) -> Server:
    return Server(Home(tmp_path))


def test_a_job_ends_when_its_time_is_over(server: Server) -> None:
    assert server.start(seconds=1.0).exit_code == jobs.TIME_OVER
    assert not sleeping()
    completed = server.start(seconds=1.0, undo=(BACK,))
    assert (completed.exit_code, server.undone) == (jobs.UNDONE, True)
    assert "done" not in completed.stdout.splitlines()
    assert not sleeping()


def test_an_undo_ends_when_its_time_is_over(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "_SHORTEST_UNDO", 1.0)
    failing = Command(("false",))
    completed = server.start(seconds=1.0, commands=(failing,), undo=(SLEEP,))
    # Nobody is left to say a last word; the caller undoes once more.
    assert (completed.exit_code, "begun" in completed.stdout.splitlines()) == (1, True)
    assert "it ended without a word" in completed.output
    assert not sleeping()


def test_an_undo_has_a_time_of_its_own(server: Server) -> None:
    """The time of the commands, which failed before it was over, does not end it."""
    slow = Command(("sh", "-c", "sleep 2.5; echo back >>undone"))
    completed = server.start(seconds=1.0, commands=(Command(("false",)),), undo=(slow,))
    assert (completed.exit_code, server.undone) == (jobs.UNDONE, True)
    assert completed.stdout.splitlines() == ["@@ commands 0", "@@ undo 0"]


def test_a_job_that_loses_the_lock_ends_and_undoes_nothing(server: Server) -> None:
    with server.lock.hold(ME):
        wait = server.begin(undo=(BACK,), beat=(server.lock.renewal(ME),))
        server.until_begun()
        (server.home.place / ".lock/holder.json").unlink()
        completed = wait()
    assert (completed.exit_code, server.undone, sleeping()) == (jobs.LOCK_LOST, False, False)


def test_a_job_whose_caller_has_lost_the_lock_does_not_begin(server: Server) -> None:
    """The caller stood still, and another run has come and gone."""
    with server.lock.hold(OTHER):
        done = Command(("sh", "-c", "echo tidied"))
        completed = server.start(undo=(BACK,), always=(done,), beat=(server.lock.renewal(ME),))
    assert (completed.exit_code, server.undone) == (jobs.LOCK_LOST, False)
    assert completed.stdout.splitlines() == ["@@ always 0", "tidied"]


def test_a_job_that_is_ended_before_it_begins_does_not_begin(server: Server) -> None:
    wait = server.begin(beat=(SLEEP,))
    server.until("the job", lambda: (server.home.place / ".job/code.new").exists() and sleeping())
    assert server.lock.end_job()[0] == 143
    assert wait().stdout == ""
    assert not sleeping()


def test_a_job_that_is_stopped_before_its_order_arrives_never_begins(server: Server) -> None:
    """Its caller was interrupted while the order was on its way to a server that had much to do."""
    job = jobs.Job("j1", TITLE, 50.0, (BACK,))
    for other in ("j0", "j2"):
        assert server.runner.run(jobs.stop(server.home.site.folder, job)).exit_code == jobs.NEVER_BEGUN
        # What takes its change back begins first.
        restore = replace(job, id=other, commands=(Command(("true",)),))
        assert server.runner.run(jobs.start(server.home.site.folder, restore)).exit_code == 0
        assert server.runner.run(jobs.start(server.home.site.folder, job)).exit_code == jobs.NEVER_BEGUN
    assert not server.undone
    fresh = replace(job, id="j3")
    assert server.runner.run(jobs.start(server.home.site.folder, fresh)).exit_code == 0
    assert server.undone


def test_jobs_that_begin_at_once_run_one_after_the_other(server: Server) -> None:
    line = "mkdir alone && sleep 0.2 && rmdir alone && echo once >>ran"
    made = [jobs.Job(f"j{number}", TITLE, 50.0, (Command(("sh", "-c", line)),)) for number in range(6)]
    with ThreadPoolExecutor(len(made)) as pool:
        list(pool.map(lambda job: server.runner.run(jobs.start(server.home.site.folder, job)), made))
    assert (server.home.folder / "ran").read_text().split() == ["once"] * len(made)


def test_a_lock_is_not_removed_under_a_job(server: Server) -> None:
    with server.lock.hold(ME):
        wait = server.begin(undo=(BACK,), beat=(server.lock.renewal(ME),))
        server.until_begun()
        holder = server.lock.holder()
        assert holder is not None
        assert holder.job == TITLE
        with pytest.raises(StillAtWork) as caught:
            server.lock.unlock(holder)
        assert f"at work on the server: {TITLE!r}" in caught.value.cause
        assert (sleeping(), server.undone) == (True, False)
        assert server.lock.end_job()[0] == jobs.UNDONE
        assert (wait().exit_code, server.undone, sleeping()) == (jobs.UNDONE, True, False)
        assert server.told[0] == "  begun"
        server.lock.confirm(ME)
        assert str(server.lock.unlock(holder)).startswith("run r1")
        with pytest.raises(Locked, match="nobody: the lock was removed"):
            server.lock.confirm(ME)
        assert server.lock.end_job()[0] is None


def test_what_a_job_renews_says_nothing_of_its_caller(server: Server) -> None:
    def renewed() -> str:
        holder = server.lock.holder()
        assert holder is not None
        return holder.renewed_at

    file = server.home.place / ".lock/holder.json"
    with server.lock.hold(ME):
        began, written = renewed(), file.stat().st_mtime_ns
        time.sleep(0.05)
        assert server.runner.run(server.lock.renewal(ME)).ok
        assert file.stat().st_mtime_ns > written
        assert renewed() == began
        server.lock.confirm(ME)
        assert renewed() > began
        (file.with_name("caller")).unlink()  # as an older version leaves it
        server.lock.confirm(ME)
        assert renewed() > began
    assert sorted(path.name for path in file.parent.iterdir()) == ["guard"]
