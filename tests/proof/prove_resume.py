"""Runs that are killed at random moments and gone on with, fifty times; writes docs/reliability.md."""

from __future__ import annotations

import os
import random
import time
from typing import TYPE_CHECKING

from shiplane.pipeline.journal import read
from yard.pages import cut_page
from yard.track import Pipeline, cut

if TYPE_CHECKING:
    from yard.track import Track

_CUTS = int(os.environ.get("CUTS", "50"))
_SEED = int(os.environ.get("SEED", "0")) or int(time.time())


def test_a_run_that_was_killed_ends_as_one_that_was_not(track: Track) -> None:
    for _ in range(2):
        # The first one is longer, as it finds nothing built yet: by it, many a run would be over before it is killed.
        release = track.commit()
        whole = Pipeline(track).finish()
        assert track.problems(track.runs()[-1], release) == []
    moments = random.Random(_SEED)  # noqa: S311 - nothing secret depends on it
    rows = []
    for number in range(_CUTS):
        rows.append(cut(track, moments.uniform(0, whole.seconds), whole=bool(number % 2)))
        print(rows[-1].row(), flush=True)  # noqa: T201 - an hour goes by
    cut_page(rows, whole.seconds, _SEED)
    wrong = [row.row() for row in rows if row.problems]
    assert not wrong, "\n".join(wrong)


def test_a_run_on_production_is_waited_for(track: Track) -> None:
    release = track.commit()
    first = Pipeline(track)
    track.await_step("production.deploy", first)
    second = Pipeline(track)
    ended = first.finish()
    assert "superseded" not in ended.output
    told = second.finish().output
    assert f"(process {first.process.pid}) goes on: it is on production, so it is waited for" in told
    assert f"took the place of run {track.runs()[-2].name} (process {first.process.pid})" in told
    assert track.problems(track.runs()[-1], release) == []
    assert read(track.runs()[-2])[-1]["status"] == "passed"
