"""Past runs beside each other: how long they took, by the median of good ones of their kind, and which tests flake."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from itertools import islice
from statistics import median
from typing import TYPE_CHECKING, Any

from shiplane.pipeline.flaky import flaky_tests
from shiplane.report.timeline import taken

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from shiplane.pipeline.flaky import FlakyTest
    from shiplane.report.runs import Past

TREND = 20
"""So many runs of a kind are looked at for what is usual."""
_LOOKED_BACK = 100


@dataclass(frozen=True, slots=True)
class Entry:
    """Hold one run; `kind` are its stages, `usual_seconds` the median of good runs of its kind before it.

    `unrun` counts the steps that did not have to run again, of `steps`.
    """

    run: str
    started_at: str | None
    event: str
    branch: str
    commit: str
    target: str
    status: str
    seconds: float
    usual_seconds: float | None
    unrun: int
    steps: int
    kind: tuple[str, ...]

    @property
    def change(self) -> float | None:
        """Give by which share it took longer than usual; None where nothing is usual."""
        return self.seconds / self.usual_seconds - 1 if self.usual_seconds else None


@dataclass(frozen=True, slots=True)
class Trend:
    """Hold the durations of the newest good runs of a kind, oldest first."""

    kind: tuple[str, ...]
    seconds: tuple[float, ...]

    @property
    def usual_seconds(self) -> float:
        """Give the median."""
        return median(self.seconds)


@dataclass(frozen=True, slots=True)
class History:
    """Hold runs, newest first, the trend of each kind among them, and flaky tests."""

    entries: tuple[Entry, ...]
    trends: tuple[Trend, ...]
    flaky: tuple[FlakyTest, ...]

    def to_json(self) -> dict[str, Any]:
        """Give the object that `invoke history --json` prints."""
        trends = [{"stages": t.kind, "seconds": t.seconds, "usual_seconds": t.usual_seconds} for t in self.trends]
        runs = [
            {("stages" if key == "kind" else key): value for key, value in asdict(each).items()}
            for each in self.entries
        ]
        return {"runs": runs, "trends": trends, "flaky": [asdict(each) for each in self.flaky]}


def history(pasts: Iterable[Past], most: int, flaky_of: int, branch: str = "") -> History:
    """Look back from the newest; so many runs are listed, `flaky_of` of those that ran tests are judged for flakiness.

    `pasts` come newest first and are taken only as far as they are needed. With `branch`, others are left out.
    """
    chosen = (past for past in pasts if not branch or past.run.branch == branch)
    looked = list(islice(chosen, most + _LOOKED_BACK))
    entries = [_entry(past, looked[at + 1 :]) for at, past in enumerate(looked[:most])]
    kinds = dict.fromkeys(entry.kind for entry in entries if entry.kind)
    trends = [Trend(kind, tuple(reversed(_good(looked, kind)))) for kind in kinds]
    records = ((past.name, [step.tests for step in past.run.steps if step.tests]) for past in looked)
    return History(
        tuple(entries), tuple(each for each in trends if each.seconds), tuple(flaky_tests(records, flaky_of))
    )


def _entry(past: Past, before: Sequence[Past]) -> Entry:
    run, kind = past.run, _kind(past)
    usual = _good(before, kind)
    return Entry(
        run=past.name,
        started_at=run.started_at,
        event=run.event,
        branch=run.branch,
        commit=run.commit,
        target=run.target,
        status=run.outcome,
        seconds=round(taken(run), 3),
        usual_seconds=median(usual) if usual else None,
        unrun=sum(step.how != "ran" for step in run.steps),
        steps=len(run.steps),
        kind=kind,
    )


def _kind(past: Past) -> tuple[str, ...]:
    return tuple(past.run.stages)


def _good(pasts: Iterable[Past], kind: tuple[str, ...]) -> list[float]:
    """Give the durations of the newest good runs of a kind, newest first."""
    durations = (taken(past.run) for past in pasts if past.run.status == "passed" and _kind(past) == kind)
    return list(islice(durations, TREND))
