"""Boundaries of a deploy, and the table of what came of faults at them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from yard import aftermath
from yard.calls import Operation, Stop
from yard.checkout import Ended
from yard.faults import FAULTS
from yard.matrix import Row, boundaries, short, stops, table, untrue

OPERATIONS = [
    Operation(1, 'bash -s lock take folder 60 \'"run": "r"\' < (9 bytes)', 0.1),
    Operation(2, "bash -s job start folder abc 'pull the images of one-7' 600 180 99", 0.5),
    Operation(3, "bash -s job start folder abc 'let one-7 serve' 300 180 99", 4.0),
]


def test_operations_are_named_without_what_differs_each_time() -> None:
    named = ["lock take", "job start: pull the images of R", "job start: let R serve"]
    assert [short(each.what) for each in OPERATIONS] == named
    assert short("docker compose -p app -f a.yml pull --quiet") == "compose pull"
    assert short("bash -s survey folder app < (1 bytes)") == "survey"


def test_boundaries_are_between_operations_and_within_long_ones() -> None:
    found = [(stop.number, stop.moment, stop.after) for stop in stops(OPERATIONS)]
    assert found == [
        (1, "before", 0), (2, "before", 0), (2, "during", 0.25), (3, "before", 0),
        (3, "during", 0.8), (3, "during", 2.0), (3, "during", 3.2), (3, "after", 0),
    ]  # fmt: skip
    assert str(Stop(3, "during", 0.8, "x")) == "0.8 s into 3, x"


def test_faults_strike_where_they_can_change_anything() -> None:
    by_name = {fault.name: boundaries(fault, OPERATIONS) for fault in FAULTS}
    assert by_name["disk full"] == stops(OPERATIONS)
    assert {stop.number for stop in by_name["registry gone"]} == {1, 2, 3}
    assert {stop.number for stop in by_name["container gets healthy and dies"]} == {2, 3}
    assert Stop(3, "after", 0, "job start: let R serve") not in by_name["container gets healthy and dies"]
    assert len(by_name["migration fails"]) == 1
    lost = by_name["command done, answer lost"]
    assert [(stop.number, stop.moment) for stop in lost] == [(1, "unheard"), (2, "unheard"), (3, "unheard")]


TOLD = ("new serves https://staging.test\n", "staging  https://staging.test  serves new\n")


@pytest.mark.parametrize(
    ("code", "serves", "said", "wrong"),
    [
        (0, "new", "", False),
        (0, "old", "", True),
        (6, "new", "", True),
        *((code, serves, "", serves == "new") for code in (3, 4, 5, 130) for serves in ("old", "new")),
        # What came after the deploy failed, and the deploy itself is told.
        *((code, "new", said, False) for code in (4, 130) for said in TOLD),
        *((130, "old", said, True) for said in TOLD),
        (-9, "new", "", False),
        (7, "new", "", False),
        (1, "new", "", True),
    ],
)
def test_an_exit_code_is_held_against_what_serves(code: int, serves: str, said: str, wrong: bool) -> None:  # noqa: FBT001 - a parameter of the cases
    row = Row("disk full", "before 1", code=code, serves=serves)
    assert bool(untrue(row, "old", "new", Ended(code, said, 1.0))) is wrong


def test_the_table_counts_by_fault() -> None:
    row = Row("disk full", "before 1", code=6, seconds=4.4, serves="one-1", again=9.6)
    lines = table([row, replace(row, code=-9, problems=["left: lock"]), replace(row, fault="other", code=0)])
    assert lines[2:] == [
        "| disk full | 2 | killed (1), 6 (1) | 1 of 2 | 4 s | 10 s |",
        "| other | 1 | 0 (1) | 1 of 1 | 4 s | 10 s |",
    ]
    assert str(replace(row, problems=["left: lock"])).endswith("next deploy 10 s: left: lock")


def test_what_is_left_and_what_is_missing_is_told() -> None:
    clean = ["container backend running", "file current 777 l RELEASE"]
    after = ["container backend exited", *clean[:1], "lock"]
    assert aftermath.differences(clean, clean) == []
    assert aftermath.differences(clean, after) == [
        "left: container backend exited", "left: lock", "missing: file current 777 l RELEASE",
    ]  # fmt: skip
