from __future__ import annotations

import io
import json
from dataclasses import asdict
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import journals
from shiplane.facts.junit import Case, parse_cases
from shiplane.report.junit import read_cases, render_junit
from shiplane.report.runs import load

if TYPE_CHECKING:
    from pathlib import Path

CASES = [
    Case("tests.a", "test_good", seconds=1.25, file="backend/tests/a.py", line=3),
    Case("tests.a", "test_bad", "failed", 0.5, "backend/tests/a.py", 7, '1 == 2 & "<x>"', "one\n  ]]> two & <b>"),
    Case("tests.a", "test_slow", "flaky", 0.5, "backend/tests/a.py", 9, "late", "Timeout"),
    Case("tests.a", "test_later", "skipped", 0.0, "", 0, "not yet"),
]


def keep(folder: Path, step: str, cases: list[Case]) -> None:
    (folder / "tests").mkdir(exist_ok=True)
    (folder / "tests" / f"{step}.json").write_text(json.dumps([asdict(case) for case in cases]))


def test_the_suites_of_all_steps_in_one_file(tmp_path: Path) -> None:
    folder = journals.passed().write(tmp_path)
    keep(folder, "test.backend", CASES)
    keep(folder, "e2e.tests", [Case("e2e/a.spec.ts", "it \x00works\ufffe \u202eback")])
    text = "\n".join(render_junit(load(folder)))
    suites = ET.fromstring(text)  # noqa: S314 - written here
    assert [suite.attrib for suite in suites] == [
        {"name": "test.backend", "tests": "4", "failures": "1", "errors": "0", "skipped": "1", "time": "2.250"},
        {"name": "e2e.tests", "tests": "1", "failures": "0", "errors": "0", "skipped": "0", "time": "0.000"},
    ]
    read = parse_cases(io.BytesIO(text.encode()), "")
    assert [(c.name, c.result, c.file, c.message, c.text) for c in read[:4]] == [
        (c.name, c.result, c.file, c.message, c.text) for c in CASES
    ]
    assert [each.attrib.get("line") for each in suites[0]] == ["3", "7", "9", None]
    assert read[4].name == "it works back"


def test_a_reused_step_has_the_tests_of_the_run_that_counts(tmp_path: Path) -> None:
    keep(journals.passed().write(tmp_path), "test.backend", CASES)
    text = "\n".join(render_junit(load(journals.reused().write(tmp_path))))
    assert '<testsuite name="test.backend" tests="4"' in text


def test_what_cannot_be_read_is_left_out(tmp_path: Path) -> None:
    folder = journals.passed().write(tmp_path)
    (folder / "tests").mkdir()
    (folder / "tests/test.backend.json").write_text('[{"name": "half')
    (folder / "tests/test.frontend.json").write_text('[{"other": 1}]')
    assert list(render_junit(load(folder)))[1:] == ["<testsuites>", "</testsuites>"]
    assert read_cases(folder, "none") == []
