"""Whole runs that are killed, interrupted or superseded: what is left of them, and how the next one ends."""

from __future__ import annotations

import random
import signal
import subprocess
import time
from typing import TYPE_CHECKING

import pytest

from helpers.clone import ROOT
from helpers.engine import traces
from shiplane.model.identity import checkout_id
from shiplane.pipeline.journal import read
from yard.track import Pipeline, Track, cut

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.timeout(1200)
CUTS = 3


@pytest.fixture(scope="module")
def track(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Track]:
    folder = tmp_path_factory.mktemp("resume") / "track"
    try:
        yield Track.make(folder)
    finally:
        Track.remove(folder)


@pytest.fixture(scope="module")
def whole(track: Track) -> float:
    """Give the seconds of a run that nothing disturbs."""
    release = track.commit()
    ended = Pipeline(track).finish()
    assert track.problems(track.runs()[-1], release) == []
    return ended.seconds


def moment(number: int) -> float:
    """Give a moment that the commit chooses, as a part of the whole; each is in a third of its own."""
    done = subprocess.run(("git", "rev-parse", "HEAD"), cwd=ROOT, capture_output=True, text=True, check=False)
    return (number + random.Random(f"{done.stdout}{number}").random()) / CUTS  # noqa: S311 - no secret


@pytest.mark.parametrize("number", range(CUTS))
def test_a_run_that_was_killed_ends_as_one_that_was_not(track: Track, whole: float, number: int) -> None:
    found = cut(track, whole * moment(number), whole=number != 1)
    print(found.row())  # noqa: T201 - which moment it was belongs to the test's report
    assert not found.problems, found.row()


def held(track: Track, when_asked_to_end: str = "exit 143") -> Pipeline:
    """Start a run of a new commit whose tests go on until `go_on`, and wait for them."""
    track.commit()
    (track.folder / ".shiplane" / "hold-backend").write_text(when_asked_to_end)
    run = Pipeline(track, "--until", "test")
    track.await_step("test.backend", run)
    container = f"container app-test-{checkout_id(track.folder)}-backend-tests"
    waiting = track.folder / ".shiplane" / "hold-backend.held"
    end = time.monotonic() + 60
    while not (waiting.exists() and container in traces(f"app-test-{checkout_id(track.folder)}")):
        assert time.monotonic() < end
        time.sleep(0.05)
    return run


def go_on(track: Track) -> None:
    for name in ("hold-backend", "hold-backend.held"):
        (track.folder / ".shiplane" / name).unlink(missing_ok=True)


@pytest.mark.parametrize("signals", [1, 2])
def test_an_interrupted_run_leaves_nothing(track: Track, whole: float, signals: int) -> None:
    assert whole
    run = held(track, "exit 143" if signals == 1 else "")
    for _ in range(signals):
        run.process.send_signal(signal.SIGINT)
        time.sleep(0.3)
    ended = run.finish(130)
    go_on(track)
    assert ("killing what runs here" in ended.output) == (signals == 2)
    assert list(track.left()) == []
    assert read(track.runs()[-1])[-1]["status"] == "cancelled"


def test_a_newer_run_takes_the_place_of_the_older(track: Track, whole: float) -> None:
    assert whole
    older = held(track)
    track.commit()
    newer = Pipeline(track, "--until", "test")
    told = older.finish(130).output
    go_on(track)
    ended = newer.finish()
    first, second = (run.name for run in track.runs()[-2:])
    assert f"superseded by run {second}" in told
    assert f"run {first} (process {older.process.pid}) goes on: it is asked to end" in ended.output
    for run, text in ((-2, f"superseded by run {second} while: "), (-1, f"took the place of run {first} ")):
        assert any(r["kind"] == "note" and r["text"].startswith(text) for r in read(track.runs()[run]))
    assert list(track.left()) == []
