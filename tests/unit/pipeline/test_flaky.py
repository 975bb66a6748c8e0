from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from shiplane.config import Flaky
from shiplane.errors import FlakyTests
from shiplane.pipeline.flaky import FlakyTest, flaky_tests, refuse_flaky

if TYPE_CHECKING:
    from collections.abc import Iterator

Records = list[dict[str, Any]]


def failure(name: str, kind: str = "flaky", line: int = 3) -> dict[str, Any]:
    return {"suite": "a", "name": name, "file": "backend/a.py", "line": line, "message": "", "kind": kind}


def said(*failures: dict[str, Any], step: str = "test.backend", tries: int = 1) -> dict[str, Any]:
    return {"kind": "tests", "at": "", "stage": "test", "step": step, "tries": tries, "failures": list(failures)}


def past(*runs: Records) -> list[tuple[str, Records]]:
    """Give runs that are listed newest first their numbers."""
    return [(str(len(runs) - at), records) for at, records in enumerate(runs)]


RUNS = past(
    [said(failure("slow", line=9)), {"kind": "run_ended"}],
    [said()],
    [{"kind": "note"}],  # ran no tests
    [said(failure("slow"), failure("broken", "failed")), said(failure("shaky"), step="e2e.tests")],
    [said(failure("slow"), failure("shaky"))],
)


def test_the_flakiest_come_first_with_their_newest_place() -> None:
    assert flaky_tests(RUNS, 20) == [
        FlakyTest("a", "slow", "backend/a.py", 9, 3, 4, "5"),
        FlakyTest("a", "shaky", "backend/a.py", 3, 2, 4, "2"),
    ]


def test_only_the_newest_runs_that_ran_tests_count() -> None:
    assert [(each.name, each.flaky, each.runs) for each in flaky_tests(RUNS, 3)] == [("slow", 2, 3), ("shaky", 1, 3)]
    assert flaky_tests(RUNS[1:3], 20) == []


def test_of_a_step_that_was_tried_again_the_last_record_counts() -> None:
    runs = past([said(failure("slow", "failed")), said(failure("slow"), tries=2), said(failure("slow"), tries=3)])
    assert [(each.name, each.flaky) for each in flaky_tests(runs, 20)] == [("slow", 1)]


@pytest.mark.parametrize(("limits", "refused"), [(Flaky(), ""), (Flaky(4), ""), (Flaky(3), "slow"), (Flaky(2, 2), "")])
def test_from_when_production_is_refused(limits: Flaky, refused: str) -> None:
    if not refused:
        refuse_flaky(RUNS, limits)
        return
    with pytest.raises(FlakyTests) as caught:
        refuse_flaky(RUNS, limits)
    assert caught.value.exit_code == 8
    assert caught.value.cause == "flaky tests keep the release from production: slow (in 3 of the last 4 runs)"
    assert "blocks_production_from = 3" in caught.value.fix


def test_without_a_limit_no_run_is_read() -> None:
    def unread() -> Iterator[tuple[str, Records]]:
        raise AssertionError
        yield

    refuse_flaky(unread(), Flaky())
