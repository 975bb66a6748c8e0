from __future__ import annotations

from typing import Any

from shiplane.facts.evidence import Evidence
from shiplane.report.suites_text import Ended, render_suites

COUNTS = {"passed": 3, "failed": 0, "skipped": 0, "flaky": 0, "failures": [], "coverage": None}
TRACE = "testing/node_modules/.bin/playwright show-trace --host 127.0.0.1"
REPORT = "testing/node_modules/.bin/playwright show-report --host 127.0.0.1"


def failure(name: str, message: str = "boom\n\x1b[31mhere") -> dict[str, Any]:
    return {
        "suite": "s",
        "name": name,
        "file": "testing/tests/e2e/a.spec.ts",
        "line": 7,
        "message": message,
        "kind": "failed",
    }


def test_a_part_that_passed_is_a_line_with_its_coverage_and_the_page_of_it() -> None:
    figures = {"lines_covered": 961, "lines_valid": 1000, "branches_covered": 0, "branches_valid": 0}
    evidence = Evidence(coverage=".shiplane/reports/backend/html/index.html")
    one = Ended("backend", "unit", "unit (backend)", "r", 12.34, "", COUNTS | {"coverage": figures}, evidence)
    assert render_suites([one]).splitlines() == [
        "✓ unit (backend): 3 passed in 12.3 s, covering 96.1 % of lines",
        "    see: .shiplane/reports/backend/html/index.html",
    ]
    assert (one.to_json()["status"], one.to_json()["seconds"], one.to_json()["passed"]) == ("passed", 12.3, 3)


def test_a_part_that_failed_names_tests_and_what_opens_their_traces() -> None:
    told = COUNTS | {"failed": 2, "failures": [failure("opens"), failure("is flaky") | {"kind": "flaky"}]}
    evidence = Evidence("", "r/e2e/html", ("r/e2e/test-results/a b/trace.zip",), ("r/e2e/test-results/a/x.png",))
    lines = render_suites([Ended("e2e", "e2e", "e2e", "r/e2e", 1, "e2e failed", told, evidence)]).splitlines()
    assert lines == [
        "✗ e2e: 3 passed, 2 failed in 1.0 s",
        "    opens (testing/tests/e2e/a.spec.ts:7): boom here",
        "    see: r/e2e/test-results/a/x.png",
        f"    see: {TRACE} 'r/e2e/test-results/a b/trace.zip'",
        f"    see: {REPORT} r/e2e/html",
    ]


def test_what_passed_shows_no_traces_and_many_failures_are_cut() -> None:
    evidence = Evidence("", "r/e2e/html", ("t.zip",), ())
    assert render_suites([Ended("e2e", "e2e", "e2e", "r", 1, "", COUNTS, evidence)]) == "✓ e2e: 3 passed in 1.0 s"
    told = COUNTS | {"failures": [failure(str(number)) for number in range(30)]}
    assert render_suites([Ended("e2e", "e2e", "e2e", "r", 1, "no", told)]).splitlines()[-1] == "    and 10 more"


def test_a_part_without_a_report_tells_why_it_failed() -> None:
    printed = [*map(str, range(30)), "no image\x1b[2K"]
    assert render_suites([Ended("e2e", "e2e", "e2e", "r", 1, "it did not start", last=printed)]).splitlines() == [
        "✗ e2e: no test reported in 1.0 s",
        "    it did not start",
        *(f"      {number}" for number in range(21, 30)),
        "      no image",
    ]
