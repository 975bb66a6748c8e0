"""Which tests failed when they ran last, by the records that each runner of tests leaves in its reports."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from shiplane.facts import junit

if TYPE_CHECKING:
    from pathlib import Path

PYTEST = ".pytest_cache/v/cache/lastfailed"
"""Where pytest keeps its record, which it leaves as it is when nothing fails and there was none."""
_PLAYWRIGHT = "test-results/.last-run.json"
_JUNIT = "junit.xml"


def of_pytest(reports: Path) -> str:
    """Give pytest's own record of the tests that failed, as JSON; empty where none did."""
    found = _read(reports / PYTEST)
    return json.dumps(found) if isinstance(found, dict) and found else ""


def of_vitest(reports: Path) -> tuple[tuple[str, str], ...]:
    """Give file and `suite > test` of each test that failed."""
    try:
        with (reports / _JUNIT).open("rb") as report:
            cases = junit.parse_cases(report, "")
    except (OSError, ValueError):
        return ()
    return tuple((case.file, case.name) for case in cases if case.result == "failed" and case.file)


def of_playwright(reports: Path) -> bool:
    """Tell whether tests failed, by the record that Playwright's own `--last-failed` reads."""
    found = _read(reports / _PLAYWRIGHT)
    return isinstance(found, dict) and bool(found.get("failedTests"))


def _read(file: Path) -> Any:  # noqa: ANN401 - JSON
    try:
        return json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
