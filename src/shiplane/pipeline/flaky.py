"""Flaky tests over the runs of a checkout, and from when they keep a release from production."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from shiplane.errors import FlakyTests

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from shiplane.config import Flaky
    from shiplane.pipeline.journal import Record


@dataclass(frozen=True, slots=True)
class FlakyTest:
    """Hold a test that was flaky in `flaky` of the `runs` newest runs that ran tests; `last` names the newest such.

    `file` and `line` are those of the newest time.
    """

    suite: str
    name: str
    file: str
    line: int
    flaky: int
    runs: int
    last: str


def flaky_tests(runs: Iterable[tuple[str, Iterable[Record]]], of: int) -> list[FlakyTest]:
    """Judge over the `of` newest runs that ran tests, flakiest first; `runs` are names and records, newest first."""
    tested = list(islice(_tested(runs), of))
    seen: dict[tuple[str, str], list[tuple[str, Record]]] = {}
    for run, found in tested:
        for test, failure in found.items():
            seen.setdefault(test, []).append((run, failure))
    judged = [_judged(times, len(tested)) for times in seen.values()]
    return sorted(judged, key=lambda each: (-each.flaky, each.suite, each.name))


def refuse_flaky(runs: Iterable[tuple[str, Iterable[Record]]], limits: Flaky) -> None:
    """Raise `FlakyTests` where a test was flaky in as many of the last runs as the configuration names."""
    if not limits.blocks_production_from:
        return
    found = flaky_tests(runs, limits.of_runs)
    blocking = [each for each in found if each.flaky >= limits.blocks_production_from]
    if blocking:
        named = [f"{each.name} (in {each.flaky} of the last {each.runs} runs)" for each in blocking]
        raise FlakyTests(named, limits.blocks_production_from)


def _tested(runs: Iterable[tuple[str, Iterable[Record]]]) -> Iterator[tuple[str, dict[tuple[str, str], Record]]]:
    """Give the flaky tests of each run that ran any; of a step that was tried again the last record counts."""
    for run, records in runs:
        steps = {record["step"]: record for record in records if record.get("kind") == "tests"}
        if steps:
            failures = [each for record in steps.values() for each in record["failures"] if each["kind"] == "flaky"]
            yield run, {(each["suite"], each["name"]): each for each in failures}


def _judged(times: list[tuple[str, Record]], runs: int) -> FlakyTest:
    run, newest = times[0]
    return FlakyTest(newest["suite"], newest["name"], newest["file"], newest["line"], len(times), runs, run)
