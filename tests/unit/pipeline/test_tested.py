from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from samples import CONFIG, HARD
from shiplane.errors import StepFailed
from shiplane.model import Secret, Step
from shiplane.pipeline.journal import Journal, read
from shiplane.pipeline.tested import Recorder, Source, sources
from shiplane.runners.base import Cancel, Masker

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

BACKEND = Step("test.backend", "backend tests", outputs=(".shiplane/reports/backend", "elsewhere"))
E2E = Step("e2e.tests", "browser tests", action="e2e", environment="staging")
COVERAGE = '<coverage lines-covered="9" lines-valid="10" branches-covered="3" branches-valid="4"/>'


def report(**results: str) -> str:
    cases = "".join(
        f'<testcase classname="tests.test_a" name="{name}" file="tests/test_a.py" line="3" time="0.5">{how}</testcase>'
        for name, how in results.items()
    )
    return f'<testsuites><testsuite name="pytest">{cases}</testsuite></testsuites>'


FAILED = '<failure message="assert 1 == 2">tests/test_a.py:7: AssertionError</failure>'


class Bench:
    """Run steps whose tests write what they are told to."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.journal = Journal(folder / "run")
        self.masker = Masker([Secret("DB_PASSWORD", HARD)])
        self.tested = Recorder(self.journal, self.masker.mask)

    def run(self, step: Step, write: Callable[[Path], object], *, fails: bool = False) -> None:
        def act(_step: Step, _say: Callable[[str], None], _cancel: Cancel) -> None:
            [source] = self.where(step)
            source.folder.mkdir(parents=True, exist_ok=True)
            write(source.folder)
            if fails:
                raise StepFailed("tests failed", "mend them")

        self.tested.watched(act, self.where)(step, print, Cancel())

    def where(self, step: Step) -> tuple[Source, ...]:
        return sources(step, self.folder, CONFIG, self.journal.folder)

    @property
    def records(self) -> list[dict[str, Any]]:
        return [{key: value for key, value in record.items() if key != "at"} for record in read(self.journal.folder)]


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


def test_where_reports_are(bench: Bench) -> None:
    assert bench.where(BACKEND) == (Source(bench.folder / ".shiplane/reports/backend", "backend"),)
    assert bench.where(E2E) == (Source(bench.folder / "run/e2e", "testing/tests"),)
    assert bench.where(Step("build.images", "images")) == ()


def test_a_step_that_fails_tells_of_its_tests_first(bench: Bench) -> None:
    def write(folder: Path) -> None:
        (folder / "junit.xml").write_text(report(test_good="", test_bad=FAILED, test_later="<skipped/>"))
        (folder / "coverage").mkdir()
        (folder / "coverage/cobertura-coverage.xml").write_text(COVERAGE)

    with pytest.raises(StepFailed):
        bench.run(BACKEND, write, fails=True)
    failure = {"suite": "tests.test_a", "name": "test_bad", "file": "backend/tests/test_a.py", "line": 7}
    assert bench.records == [
        {
            "kind": "tests",
            "stage": "test",
            "step": "test.backend",
            "tries": 1,
            "passed": 1,
            "failed": 1,
            "skipped": 1,
            "flaky": 0,
            "failures": [{**failure, "message": "assert 1 == 2", "kind": "failed"}],
            "coverage": {"lines_covered": 9, "lines_valid": 10, "branches_covered": 3, "branches_valid": 4},
        }
    ]
    kept = json.loads((bench.journal.folder / "tests/test.backend.json").read_text())
    assert [(case["name"], case["result"], case["seconds"]) for case in kept] == [
        ("test_good", "passed", 0.5),
        ("test_bad", "failed", 0.5),
        ("test_later", "skipped", 0.5),
    ]


def test_what_passes_at_the_second_try_is_flaky(bench: Bench) -> None:
    tries = [
        report(test_a=FAILED, test_b=FAILED, test_c="", test_d=FAILED),
        report(test_a="", test_b=FAILED, test_c="", test_d="<skipped/>"),
        report(test_a="", test_b="", test_c=FAILED, test_d=""),
    ]
    for text in tries:
        bench.run(BACKEND, lambda folder, text=text: (folder / "junit.xml").write_text(text))  # type: ignore[misc]
    told = [(each["tries"], [(f["name"], f["kind"]) for f in each["failures"]]) for each in bench.records]
    assert told == [
        (1, [("test_a", "failed"), ("test_b", "failed"), ("test_d", "failed")]),
        (2, [("test_b", "failed"), ("test_a", "flaky")]),
        (3, [("test_c", "failed"), ("test_a", "flaky"), ("test_b", "flaky"), ("test_d", "flaky")]),
    ]
    assert {(f["line"], f["message"]) for f in bench.records[2]["failures"]} == {(7, "assert 1 == 2")}


def test_a_report_from_before_says_nothing_of_this_try(bench: Bench) -> None:
    bench.run(BACKEND, lambda folder: (folder / "junit.xml").write_text(report(test_a="")))
    with pytest.raises(StepFailed):
        bench.run(BACKEND, lambda _folder: None, fails=True)
    assert [record["tries"] for record in bench.records] == [1]


def test_a_broken_report_hides_no_failure(bench: Bench) -> None:
    with pytest.raises(StepFailed):
        bench.run(BACKEND, lambda folder: (folder / "junit.xml").write_text("<testsuites><"), fails=True)
    why = "the test report of test.backend cannot be read: no XML in line 1: unclosed token"
    assert bench.records == [{"kind": "note", "text": why}]


def test_no_secret_reaches_the_journal_or_what_is_kept(bench: Bench) -> None:
    escaped = HARD.replace('"', "&quot;")
    bad = f'<failure message="got {escaped}">tests/test_a.py:7: {escaped}</failure>'
    bench.run(E2E, lambda folder: (folder / "junit.xml").write_text(report(test_bad=bad)))
    [record] = bench.records
    assert record["failures"][0]["message"] == "got ***"
    assert record["failures"][0]["file"] == "testing/tests/tests/test_a.py"
    written = "".join(file.read_text() for file in bench.journal.folder.rglob("*.json*"))
    assert HARD not in json.loads(json.dumps(written))
    assert json.dumps(HARD)[1:-1] not in written
    assert written.count("***") == 3


def test_many_failures_are_counted_and_the_first_hundred_told(bench: Bench) -> None:
    many = {f"test_{number}": FAILED for number in range(150)}
    bench.run(BACKEND, lambda folder: (folder / "junit.xml").write_text(report(**many)))
    [record] = bench.records
    assert (record["failed"], len(record["failures"])) == (150, 100)


def test_steps_without_tests_are_left_alone(bench: Bench) -> None:
    ran: list[str] = []
    watched = bench.tested.watched(lambda step, _say, _cancel: ran.append(step.id), bench.where)
    watched(replace(BACKEND, outputs=()), print, Cancel())
    assert (ran, bench.records) == (["test.backend"], [])
