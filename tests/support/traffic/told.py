"""What traffic met: every failure with its time and reason, and how long answers took."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Times:
    """Hold what answers took in milliseconds, counted from when the request was due."""

    count: int
    p50: float
    p99: float
    max: float

    @classmethod
    def of(cls, seconds: Sequence[float]) -> Times:
        """Measure; all 0 of nothing."""
        ordered = sorted(seconds)
        return cls(
            len(ordered), *(round(1000 * each, 1) for each in (_at(ordered, 0.5), _at(ordered, 0.99), _at(ordered, 1)))
        )


def _at(ordered: Sequence[float], share: float) -> float:
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else 0.0


@dataclass(frozen=True, slots=True)
class Failure:
    """Describe one request that failed: seconds after the start when it was due and when it failed, and why."""

    due: float
    ended: float
    flow: str
    what: str
    why: str


@dataclass(frozen=True, slots=True)
class Told:
    """Hold the end of the traffic.

    `late` is how late requests were sent, which is the generator's own doing; `slowest` are due time, flow and
    milliseconds; `pages` counts the sets of assets that the page named; `started` is the clock's time.
    """

    started: float
    seconds: float
    requests: int
    times: Times
    late: Times
    flows: dict[str, Times]
    failures: tuple[Failure, ...] = ()
    failed: int = 0
    acknowledged: tuple[str, ...] = field(default=(), repr=False)
    slowest: tuple[tuple[float, str, float], ...] = ()
    connections: int = 0
    pages: int = 0
    cpu_seconds: float = 0.0

    def save(self, file: Path) -> None:
        """Write it for the process that asked."""
        file.write_text(json.dumps(asdict(self)), encoding="utf-8")

    @classmethod
    def load(cls, file: Path) -> Told:
        """Read what `save` wrote."""
        data: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
        times = {name: Times(**data[name]) for name in ("times", "late")}
        flows = {name: Times(**each) for name, each in data["flows"].items()}
        failures = tuple(Failure(**each) for each in data["failures"])
        slowest = tuple((due, flow, took) for due, flow, took in data["slowest"])
        made = {"flows": flows, "failures": failures, "slowest": slowest, "acknowledged": tuple(data["acknowledged"])}
        return cls(**{**data, **times, **made})

    @property
    def line(self) -> str:
        """Say it in one line."""
        times = f"p50 {self.times.p50:g} ms, p99 {self.times.p99:g} ms, max {self.times.max:g} ms"
        rate = f"{self.requests / self.seconds:.0f}/s" if self.seconds else "0/s"
        return f"{self.failed} of {self.requests} requests failed in {self.seconds:.0f} s ({rate}); {times}"

    def story(self, shown: int = 20) -> str:
        """Say it with the first failures and the slowest answers, for a test that fails."""
        lost = [f"  {f.ended:7.2f} s {f.flow}: {f.what}: {f.why} (due {f.due:.2f})" for f in self.failures[:shown]]
        slow = [f"  {due:7.2f} s {flow}: {took:g} ms" for due, flow, took in self.slowest[:5]]
        sent = f"sent late: p99 {self.late.p99:g} ms, max {self.late.max:g} ms; {self.connections} connections"
        return "\n".join((self.line, sent, *(["failed:", *lost] if lost else []), "slowest:", *slow))
