from __future__ import annotations

import io
from pathlib import Path

import pytest

from shiplane.facts.junit import TEXT_LIMIT, Case, Coverage, parse_cases, parse_coverage

REPORTS = Path(__file__).with_name("junit")  # as the three runners wrote them
ARROW = "\N{SINGLE RIGHT-POINTING ANGLE QUOTATION MARK}"


def read(name: str, root: str) -> list[Case]:
    with (REPORTS / name).open("rb") as report:
        return parse_cases(report, root)


def told(cases: list[Case]) -> list[tuple[object, ...]]:
    return [(case.suite, case.name, case.result, case.file, case.line, case.message) for case in cases]


def test_pytest() -> None:
    thing, file = "tests.test_a.TestThing", "backend/tests/test_a.py"
    assert told(read("pytest.xml", "backend")) == [
        (thing, "test_it[1]", "failed", file, 4, "assert 1 == 2"),
        ("tests.test_a", "test_skip", "skipped", file, 14, "no"),
        ("tests.test_a", "test_error", "failed", file, 18, 'failed on setup with "RuntimeError: fixture & <x>"'),
        (thing, "test_it[2]", "passed", file, 7, ""),
    ]


def test_vitest() -> None:
    suite, file = "src/a.test.ts", "frontend/src/a.test.ts"
    why = "expected 2 to be 3 // Object.is equality"
    assert told(read("vitest.xml", "frontend")) == [
        (suite, "f > is right", "passed", file, 0, ""),
        (suite, "f > is wrong & <bad>", "failed", file, 7, why),
        (suite, "f > flaky", "passed", file, 0, ""),
        (suite, "f > later", "skipped", file, 0, ""),
    ]


def test_playwright() -> None:
    suite, file = "e2e/board.spec.ts", "testing/tests/e2e/board.spec.ts"
    why = "expect(received).toBe(expected) // Object.is equality"
    group = f"the board {ARROW}"
    cases = read("playwright.xml", "testing/tests")
    assert told(cases) == [
        (suite, f"{group} fails always", "failed", file, 5, why),
        (suite, f"{group} is flaky", "flaky", file, 8, "Not yet: & <x>"),
        (suite, f"{group} passes", "passed", file, 0, ""),
        (suite, f"{group} is skipped", "skipped", file, 0, ""),
    ]
    assert [case.seconds for case in cases] == [0.013, 0.006, 0.001, 0.0]
    assert cases[0].text.startswith(f"  [e2e] {ARROW} e2e/board.spec.ts:3:3 {ARROW} {group} fails always")
    assert cases[2].text == ""


def test_a_failure_without_a_message_is_told_by_its_first_line() -> None:
    failure = b"<failure>\n\n  boom\nmore</failure>"
    report = b'<testsuite name="s"><testcase classname="a" name="t">' + failure + b"</testcase></testsuite>"
    assert told(parse_cases(io.BytesIO(report), "")) == [("a", "t", "failed", "", 0, "boom")]


def test_a_long_failure_keeps_its_beginning_and_its_end() -> None:
    text = "start" + "x" * 50_000 + "end"
    report = f'<testsuite><testcase name="t"><error>{text}</error></testcase></testsuite>'
    [case] = parse_cases(io.BytesIO(report.encode()), "")
    assert (case.text[:5], case.text[-3:], len(case.text)) == ("start", "end", TEXT_LIMIT + 3)


def test_output_of_a_test_is_no_result() -> None:
    report = b"<testsuite><testcase name='t'><system-out>failure</system-out><rerunFailure/></testcase></testsuite>"
    assert [case.result for case in parse_cases(io.BytesIO(report), "")] == ["passed"]


LAUGHS = b'<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]><testsuite><testcase name="&b;"/></testsuite>'
SECRET = b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><testsuite><testcase name="&a;"/></testsuite>'


@pytest.mark.parametrize("report", [LAUGHS, SECRET])
def test_entities_are_refused(report: bytes) -> None:
    with pytest.raises(ValueError, match="it declares entities"):
        parse_cases(io.BytesIO(report), "")


@pytest.mark.parametrize("report", [b"", b"{}", b"<testsuite><testcase", b"<a></b>", b"\xff\xfe\x00"])
def test_what_is_no_xml_is_said_to_be_none(report: bytes) -> None:
    with pytest.raises(ValueError, match="no XML in line"):
        parse_cases(io.BytesIO(report), "")


TYPE = b'<?xml version="1.0" ?><!DOCTYPE coverage SYSTEM "http://cobertura.sourceforge.net/xml/coverage-04.dtd">'
FIGURES = b'lines-covered="90" lines-valid="100" branches-covered="7" branches-valid="8"'


def test_coverage() -> None:
    report = TYPE + b'<coverage line-rate="0.9" ' + FIGURES + b"><packages><coverage/></packages></coverage>"
    assert parse_coverage(io.BytesIO(report)) == Coverage(90, 100, 7, 8)


@pytest.mark.parametrize("report", [b"<coverage/>", b"<other " + FIGURES + b"/>"])
def test_no_figures_are_no_coverage(report: bytes) -> None:
    assert parse_coverage(io.BytesIO(report)) is None
