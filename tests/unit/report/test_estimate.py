from collections.abc import Callable
from typing import Any

import pytest

from shiplane.report.estimate import Left, durations, time_left
from shiplane.report.state import fold

Records = Callable[..., list[dict[str, Any]]]
ALL = {
    "build.images": 60.0,
    "test.backend": 40.0,
    "test.frontend": 25.0,
    "publish.push": 10.0,
    "staging.rollout": 20.0,
    "staging.verify": 5.0,
    "e2e.playwright": 30.0,
    "production.rollout": 20.0,
}


def test_parallel_steps_count_once_and_chained_ones_add_up(records: Records) -> None:
    run = fold(records()[:1])
    assert time_left(run, ALL, lambda _: 0.0) == Left(60 + 40 + 10 + (20 + 5) + 30 + 20, complete=True)


def test_what_a_running_step_has_taken_is_not_left(records: Records) -> None:
    run = fold(records()[:3])
    spent = {"build.images": 45.0}
    assert time_left(run, ALL, lambda step: spent.get(step, 0.0)) == Left(140.0, complete=True)
    assert time_left(run, ALL, lambda step: 600.0 if step in spent else 0.0) == Left(125.0, complete=True)


def test_a_step_never_measured_makes_it_a_lower_bound(records: Records) -> None:
    run = fold(records()[:1])
    left = time_left(run, {"build.images": 60.0}, lambda _: 0.0)
    assert left == Left(60.0, complete=False)
    assert left.text() == "at least 1 min left"
    assert Left(100, complete=True).text() == "about 1 min 30 s left"


def test_nothing_known_is_no_estimate(records: Records) -> None:
    assert time_left(fold(records()[:1]), {}, lambda _: 0.0) is None
    assert time_left(fold(records()), ALL, lambda _: 0.0) is None


@pytest.mark.parametrize("choice", ["reuse", "skip"])
def test_what_does_not_run_takes_no_time(records: Records, choice: str) -> None:
    run = fold(records()[:1])
    whole = time_left(run, ALL, lambda _: 0.0)
    next(step for step in run.steps if step.id == "test.backend").decision["choice"] = choice
    left = time_left(run, ALL, lambda _: 0.0)
    assert left is not None
    assert whole is not None
    assert (left.complete, left.seconds < whole.seconds) == (True, True)


def lasting(seconds: float, records: list[dict[str, Any]], **fields: object) -> list[dict[str, Any]]:
    """Give a run whose steps all ended after so many seconds."""
    return [{**r, "seconds": seconds, **fields} if r["kind"] == "step_ended" else r for r in records]


def test_a_run_in_which_there_was_nothing_to_do_shortens_no_estimate(records: Records) -> None:
    runs = [lasting(0.5, records()), lasting(20.0, records()), lasting(0.4, records())]
    assert set(durations(runs).values()) == {20.0}
    assert durations(runs) == durations(reversed(runs))


def test_durations_are_those_of_steps_that_ran_and_passed(records: Records) -> None:
    failed = lasting(99.0, records(), status="failed")
    reused = lasting(99.0, records(), how="reused")
    found = durations([failed, reused, records("e2e.playwright")])
    assert found["build.images"] == 12.0
    assert "e2e.playwright" not in found
    assert durations([failed, reused]) == {}
