from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

import pytest

from shiplane.doctor import Check, Finding, Once, Told, examine
from shiplane.errors import UsageError
from shiplane.runners.base import Cancel

if TYPE_CHECKING:
    from collections.abc import Iterator


def well(_answer: object) -> Iterator[Finding]:
    return iter(())


def two(answer: str) -> list[Finding]:
    return [Finding(f"{answer} is red", "it fails", "paint it", "a"), Finding(f"{answer} is blue", "", "paint it", "b")]


def test_results_come_in_the_order_of_the_checks_whichever_answers_first() -> None:
    released = threading.Event()
    checks = [
        Check("slow", lambda: released.wait(5), well),
        Check("quick", lambda: released.set() or "it", two),
    ]
    assert examine(checks, Cancel()) == [
        Told("slow", ok=True),
        Told("quick.a", ok=False, cause="it is red, so it fails", fix="paint it"),
        Told("quick.b", ok=False, cause="it is blue", fix="paint it"),
    ]


def test_all_are_asked_at_once() -> None:
    together = threading.Barrier(20, timeout=5)
    checks = [Check(str(number), together.wait, well) for number in range(20)]
    assert all(told.ok for told in examine(checks, Cancel()))


def test_a_question_that_cannot_be_answered_is_a_finding() -> None:
    def ask() -> None:
        raise UsageError("docker is not on this machine", "run ./scripts/bootstrap")

    assert [told.to_json() for told in examine([Check("engine", ask, well)], Cancel())] == [
        {"id": "engine", "ok": False, "cause": "docker is not on this machine", "fix": "run ./scripts/bootstrap"}
    ]


def test_what_does_not_answer_in_time_is_told_and_ended() -> None:
    cancel, ended = Cancel(), threading.Event()

    def ask() -> None:
        while not cancel.is_set():
            time.sleep(0.005)
        ended.set()

    begun = time.monotonic()
    found = examine([Check("engine", ask, well), Check("disk", lambda: None, well)], cancel, 0.05)
    assert time.monotonic() - begun < 2
    assert [(told.id, told.ok, told.cause) for told in found] == [
        ("engine", False, "no answer within 0.05 s"),
        ("disk", True, ""),
    ]
    assert ended.wait(2)
    assert cancel.at_once


def test_findings_without_names_are_told_apart_by_number() -> None:
    findings = [Finding("one", "", "mend"), Finding("two", "", "mend")]
    assert [told.id for told in examine([Check("secrets", lambda: None, lambda _: findings)], Cancel())] == [
        "secrets.1",
        "secrets.2",
    ]


def test_a_bug_in_a_check_is_no_finding() -> None:
    with pytest.raises(ZeroDivisionError):
        examine([Check("broken", lambda: 1 // 0, well)], Cancel())


def test_a_question_of_several_checks_is_asked_once_and_its_failure_is_each_ones() -> None:
    asked = []

    def ask() -> str:
        asked.append(time.sleep(0.02))
        return "it"

    def fail() -> str:
        asked.append(None)
        raise UsageError("git cannot tell", "see why")

    shared, failing = Once(ask), Once(fail)
    checks = [Check(str(number), shared, two) for number in range(5)]
    assert len(examine(checks, Cancel())) == 10
    assert len(asked) == 1
    told = examine([Check("a", failing, two), Check("b", failing, two)], Cancel())
    assert [(each.id, each.cause) for each in told] == [("a", "git cannot tell"), ("b", "git cannot tell")]
    assert len(asked) == 2
