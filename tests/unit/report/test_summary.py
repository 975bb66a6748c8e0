import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

from rich.console import Console

import journals
from shiplane.report.summary import Summary, render_table, render_text, summary

Records = Callable[..., list[dict[str, Any]]]

PASSED = """\
run 12 · main · 664a230c1f2e · lab: passed in 1 min 15 s

  stage       result  duration
✓ build       passed    34.1 s
✓ test        passed    34.1 s
✓ publish     passed    34.1 s
✓ staging     passed    34.1 s
✓ e2e         passed    34.1 s
✓ production  passed    34.1 s

release 1.0.0-664a230c1f2e
  backend   127.0.0.1:5001/acme/app-backend:1.0.0-664a230c1f2e   sha256:ab12ab12ab12
  frontend  127.0.0.1:5001/acme/app-frontend:1.0.0-664a230c1f2e  sha256:cd34cd34cd34

staging     http://127.0.0.1:8081  serves 1.0.0-664a230c1f2e
production  http://127.0.0.1:8082  serves 1.0.0-664a230c1f2e"""

FAILED = """\
run 12 · main · 664a230c1f2e · lab: failed in 1 min 15 s

  stage       result   duration
✓ build       passed     34.1 s
✓ test        passed     34.1 s
✓ publish     passed     34.1 s
✓ staging     passed     34.1 s
✗ e2e         failed     34.1 s
- production  skipped         -

release 1.0.0-664a230c1f2e
  backend   127.0.0.1:5001/acme/app-backend:1.0.0-664a230c1f2e   sha256:ab12ab12ab12
  frontend  127.0.0.1:5001/acme/app-frontend:1.0.0-664a230c1f2e  sha256:cd34cd34cd34

staging  http://127.0.0.1:8081  serves 1.0.0-664a230c1f2e

✗ e2e.playwright failed: 2 of 14 tests failed
    line 28
    line 29
    line 30
    line 31
    line 32
    line 33
    line 34
    line 35
    line 36
    line 37
    line 38
    line 39
  log: runs/12/logs/e2e.playwright.log
  repeat: invoke pipeline --target lab --event push --branch main --until e2e
  fix: run: .venv/bin/nox -s e2e"""


def drawn(shown: Summary, width: int = 100) -> str:
    console = Console(file=io.StringIO(), width=width, color_system=None)
    console.print(render_table(shown))
    written = console.file.getvalue()  # type: ignore[attr-defined]
    return "\n".join(line.rstrip() for line in written.splitlines())


def test_a_run_that_passed_ends_with_its_addresses(records: Records) -> None:
    shown = summary(records())
    assert render_text(shown) == PASSED
    assert drawn(shown) == PASSED
    assert shown.addresses == {"staging": "http://127.0.0.1:8081", "production": "http://127.0.0.1:8082"}
    assert (shown.failure, shown.status, shown.seconds) == (None, "passed", 75.0)


def test_a_run_that_failed_ends_with_what_to_do(records: Records) -> None:
    shown = summary(records("e2e.playwright"), Path("runs/12"))
    assert render_text(shown) == FAILED
    assert drawn(shown) == FAILED
    assert shown.failure is not None
    assert (shown.failure.stage, shown.failure.step) == ("e2e", "e2e.playwright")


def test_every_failure_is_reported(records: Records) -> None:
    both = [
        {**record, "status": "failed", "cause": "no", "fix": f"run {record['step']}"}
        if record["kind"] == "step_ended" and record["stage"] == "test"
        else record
        for record in records()
    ]
    assert [failure.fix for failure in summary(both).failures] == ["run test.backend", "run test.frontend"]


def test_failed_tests_are_named(records: Records) -> None:
    begun = records("e2e.playwright")
    at = next(number for number, record in enumerate(begun) if record.get("status") == "failed")
    failures = [
        {"name": f"test {n}", "file": "a.ts", "line": n, "message": "no", "kind": "failed"} for n in range(1, 13)
    ]
    tests = {"kind": "tests", "at": "", "stage": "e2e", "step": "e2e.playwright", "failed": 12, "failures": failures}
    lines = render_text(summary([*begun[:at], tests, *begun[at:]])).splitlines()
    first = lines.index("  test failed: test 1 (a.ts:1): no")
    assert lines[first + 9 : first + 12] == [
        "  test failed: test 10 (a.ts:10): no",
        "  test failed: and 2 more",
        "  log: logs/e2e.playwright.log",
    ]


def test_a_deploy_that_was_undone_serves_nothing_new(records: Records) -> None:
    shown = summary(records("production.rollout"))
    assert "production  promote of 1.0.0-664a230c1f2e undone; nothing served before" in render_text(shown)
    assert "production" not in shown.addresses


def test_a_deploy_that_was_undone_names_what_serves_again() -> None:
    told = render_text(summary(journals.undone().records)).splitlines()
    assert "production  promote of 664a230c1f2e undone; 0123456789ab serves again" in told


def test_a_deploy_that_had_nothing_to_do_says_so() -> None:
    told = render_text(summary(journals.reused().records)).splitlines()
    assert "staging  https://staging.test  serves 664a230c1f2e already" in told


def test_an_interrupted_run_says_in_what(records: Records) -> None:
    shown = summary(records("e2e.playwright", "cancelled"))
    assert "! e2e         cancelled    34.1 s" in render_text(shown)
    assert "! e2e.playwright cancelled: 2 of 14 tests failed" in render_text(shown)


def test_a_stage_that_failed_without_a_step_is_told(records: Records) -> None:
    cut = [r for r in records("e2e.playwright") if r.get("step") != "e2e.playwright"]
    assert [failure.cause for failure in summary(cut).failures] == ["stage e2e failed"]


def test_an_empty_plan_says_why() -> None:
    event = {"name": "push", "branch": "docs", "commit": "a" * 40}
    plan = {"stages": [], "reason": "branch docs leads to nothing"}
    start = {"kind": "run_started", "at": "", "id": "x", "number": 3, "event": event, "target": "lab", "plan": plan}
    shown = summary([start, {"kind": "run_ended", "at": "", "status": "passed", "exit_code": 0, "seconds": 0.1}])
    assert render_text(shown) == "run 3 · docs · aaaaaaaaaaaa · lab: nothing to do: branch docs leads to nothing"
    assert drawn(shown) == render_text(shown)


def test_folded_lines_keep_their_indentation(records: Records) -> None:
    long = [{**r, "details": ["word " * 30]} if r["kind"] == "step_ended" else r for r in records("e2e.playwright")]
    lines = drawn(summary(long), 60).splitlines()
    assert max(map(len, lines)) <= 60
    assert sum(line.startswith("    word word") for line in lines) == 3


def test_a_failure_names_the_page_that_says_more_before_what_to_do() -> None:
    told = {"status": "failed", "seconds": 1.0, "exit_code": 3, "cause": "it failed", "fix": "mend it"}
    record = {
        "kind": "step_ended",
        "stage": "test",
        "step": "test.backend",
        **told,
        "page": "docs/errors.md#step-failed",
    }
    lines = render_text(summary([record])).splitlines()
    assert lines[-2:] == ["  see: docs/errors.md#step-failed", "  fix: mend it"]
