"""Cutting runs off with SIGKILL at any moment, and going on with them."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from shiplane.model import STEP_NAMES
from shiplane.pipeline.journal import read
from yard.track.running import Pipeline

if TYPE_CHECKING:
    from pathlib import Path

    from yard.track.running import Track

_BEGIN_SECONDS = 60
# What these leave is kept by their inputs: where one passed, its work is not done again.
_KEPT = ("build.images", "build.test-runner", *(f"test.{name}" for name in STEP_NAMES["test"]))


@dataclass(frozen=True, slots=True)
class Cut:
    """Tell of a run that was killed so many seconds after its first record, and of what went on with it."""

    after: float
    whole: bool
    doing: str
    seconds: float
    problems: tuple[str, ...]

    def row(self) -> str:
        """Give a line of a table."""
        what = "all its processes" if self.whole else "its own process"
        return (
            f"| {self.after:.1f} s | {what} | {self.doing} | {self.seconds:.1f} s | {'; '.join(self.problems) or '-'} |"
        )


def cut(track: Track, after: float, *, whole: bool) -> Cut:
    """Commit a change, kill its run after so many seconds, go on with it, and say how it ended."""
    release = track.commit()
    before = len(track.runs())
    first = Pipeline(track)
    _await_begin(track, before)
    first.kill(after, whole=whole)
    killed = track.runs()[-1]
    doing = _doing(killed)
    second = Pipeline(track, "--resume")
    ended = second.finish(None)
    problems = [] if ended.code == 0 else [ended.story()]
    problems += [] if ended.code else track.problems(track.runs()[-1], release)
    problems += _repeated(killed, track.runs()[-1])
    return Cut(after, whole, doing, ended.seconds, tuple(problems))


def _await_begin(track: Track, before: int) -> None:
    end = time.monotonic() + _BEGIN_SECONDS
    while len(track.runs()) == before or not read(track.runs()[-1]):
        assert time.monotonic() < end, "the run did not begin"
        time.sleep(0.01)


def _doing(run: Path) -> str:
    """Say what a run was doing when it ended."""
    records = read(run)
    ended = {record["step"] for record in records if record["kind"] == "step_ended"}
    open_ = [r["step"] for r in records if r["kind"] == "step_started" and r["step"] not in ended]
    finished = any(record["kind"] == "run_ended" for record in records)
    return "nothing any more" if finished else ", ".join(open_) or "nothing yet"


def _repeated(killed: Path, resumed: Path) -> list[str]:
    """Say which steps were done again though they had passed."""
    passed = {r["step"] for r in read(killed) if r["kind"] == "step_ended" and r["status"] == "passed"}
    again = {r["step"] for r in read(resumed) if r["kind"] == "step_ended" and r["how"] == "ran"}
    return [f"{name} was done again" for name in _KEPT if name in passed & again]
