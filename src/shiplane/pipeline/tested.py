"""What the tests of a step said: read from the reports that they leave, and put into the journal.

The record `tests` holds counts and what failed; every case goes to `tests/<step>.json` in the run's folder, masked.
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

from shiplane.facts import junit
from shiplane.planning.inputs import REPORTS

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from shiplane.config import Config
    from shiplane.facts.junit import Case, Coverage
    from shiplane.model import Outcome, Step
    from shiplane.pipeline.execute import Action
    from shiplane.pipeline.journal import Journal
    from shiplane.runners.base import Cancel

CASES = "tests"
_REPORT = "junit.xml"
_COVERAGE = "*coverage.xml"
_BROWSER_TESTS = "testing/tests"
_MOST_FAILURES = 100
_MESSAGE_LIMIT = 1000
_TOLD = ("failed", "flaky")


@dataclass(frozen=True, slots=True)
class Source:
    """Name a folder with reports, and the folder in the checkout that their file names start from."""

    folder: Path
    root: str


def sources(step: Step, checkout: Path, config: Config, run_folder: Path) -> tuple[Source, ...]:
    """Tell where a step's tests leave their reports."""
    if step.action == "e2e":
        return (Source(run_folder / "e2e", _BROWSER_TESTS),)
    roots = {f"{REPORTS}/{component.name}": component.context for component in config.components}
    return tuple(Source(checkout / output, roots[output]) for output in step.outputs if output in roots)


def clear(folder: Path) -> None:
    """Remove the reports of an earlier try, so that what is found later is this one's."""
    for file in (folder / _REPORT, *folder.rglob(_COVERAGE)):
        file.unlink(missing_ok=True)


def read_cases(source: Source) -> list[Case]:
    """Read the tests of a folder; empty where nothing was reported. Raises OSError and ValueError."""
    file = source.folder / _REPORT
    if not file.is_file():
        return []
    with file.open("rb") as report:
        return junit.parse_cases(report, source.root)


def read_coverage(folder: Path) -> Coverage | None:
    """Read the coverage of a folder, None where there is none. Raises OSError and ValueError."""
    for file in sorted(folder.rglob(_COVERAGE)):
        with file.open("rb") as report:
            found = junit.parse_coverage(report)
        if found is not None:
            return found
    return None


def fields(cases: Sequence[Case], coverage: Coverage | None) -> dict[str, Any]:
    """Give the fields of a record `tests` that come from the reports; the four counts add up to all tests."""
    counts = Counter(case.result for case in cases)
    told = [case for result in _TOLD for case in cases if case.result == result]
    return {
        **{result: counts[result] for result in ("passed", "failed", "skipped", "flaky")},
        "failures": [_failure(case) for case in told[:_MOST_FAILURES]],
        "coverage": asdict(coverage) if coverage else None,
    }


def _failure(case: Case) -> dict[str, Any]:
    return {
        "suite": case.suite,
        "name": case.name,
        "file": case.file,
        "line": case.line,
        "message": case.message[:_MESSAGE_LIMIT],
        "kind": case.result,
    }


class Recorder:
    """Journal the tests of one run's steps; a test that failed in one try of a step and passed in a later is flaky."""

    def __init__(self, journal: Journal, mask: Callable[[str], str]) -> None:
        self._journal = journal
        self._mask = mask
        self._tries: Counter[str] = Counter()
        self._failed: dict[str, dict[tuple[str, str], Case]] = {}

    def watched(self, act: Action, where: Callable[[Step], tuple[Source, ...]]) -> Action:
        """Make an action that also journals what the tests said, whether the step passed or not."""

        def acted(step: Step, say: Callable[[str], None], cancel: Cancel) -> Outcome | None:
            found = where(step)
            for source in found:
                clear(source.folder)
            self._tries[step.id] += 1
            try:
                return act(step, say, cancel)
            finally:
                if found:
                    self._journal_tests(step, found)

        return acted

    def _journal_tests(self, step: Step, found: tuple[Source, ...]) -> None:
        """Write the record; a report that cannot be read is noted, for it must not hide how the step ended."""
        try:
            cases = [self._masked(case) for source in found for case in read_cases(source)]
            coverage = next(filter(None, (read_coverage(source.folder) for source in found)), None)
            if cases:
                self._write(step, self._with_tries(step.id, cases), coverage)
        except (OSError, ValueError) as error:
            self._journal.late_note(f"the test report of {step.id} cannot be read: {self._mask(str(error))}")

    def _write(self, step: Step, cases: Sequence[Case], coverage: Coverage | None) -> None:
        file = self._journal.folder / CASES / f"{step.id}.json"
        file.parent.mkdir(exist_ok=True)
        file.write_text(json.dumps([asdict(case) for case in cases], ensure_ascii=False), encoding="utf-8")
        tried = {"stage": step.id.partition(".")[0], "step": step.id, "tries": self._tries[step.id]}
        self._journal.write("tests", **tried, **fields(cases, coverage))

    def _masked(self, case: Case) -> Case:
        mask = self._mask
        return replace(
            case,
            suite=mask(case.suite),
            name=mask(case.name),
            file=mask(case.file),
            message=mask(case.message),
            text=mask(case.text),
        )

    def _with_tries(self, step: str, cases: list[Case]) -> list[Case]:
        """Call flaky what passes now and failed in an earlier try of the step."""
        before = self._failed.setdefault(step, {})
        told = [_flaky(case, before.get((case.suite, case.name))) for case in cases]
        before |= {(case.suite, case.name): case for case in cases if case.result == "failed"}
        return told


def _flaky(case: Case, failed: Case | None) -> Case:
    if failed is None or case.result != "passed":
        return case
    return replace(case, result="flaky", line=failed.line, message=failed.message, text=failed.text)
