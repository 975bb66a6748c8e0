"""One fault at one boundary, and what came of it."""

from __future__ import annotations

import contextlib
import re
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from yard import aftermath
from yard.calls import NOWHERE, Call, Operation, Stop
from yard.faults import heal_all

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from yard.checkout import Ended, Yard
    from yard.faults import Fault

_LONG, _SHORT = 1.0, 0.3
_JOB = re.compile(r"job (start|follow|stop) \S+ \S+ (?:'([^']*)'|(\w+))")
_RELEASE = re.compile(r"\b[a-z]+-\d+\b")
_CALLER_SECONDS = 240.0


@dataclass(slots=True)
class Row:
    """Hold one case: how the struck deploy ended, what served then, how the next deploy ended, what was wrong."""

    fault: str
    stop: str
    reached: bool = True
    code: int = 0
    seconds: float = 0.0
    serves: str = ""
    again: float = 0.0
    problems: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        said = "; ".join(self.problems) or "well"
        ended = f"exit {self.code} in {self.seconds:.0f} s, {self.serves} served, next deploy {self.again:.0f} s"
        return f"{self.fault} / {self.stop}: {ended if self.reached else 'not reached'}: {said}"


def stops(operations: Sequence[Operation]) -> list[Stop]:
    """Give every boundary of a deploy whose operations were these: between any two, and within the longer ones."""
    found = []
    for each in operations:
        name = short(each.what)
        found.append(Stop(each.number, "before", 0, name))
        shares = (0.2, 0.5, 0.8) if each.seconds > _LONG else (0.5,) if each.seconds > _SHORT else ()
        found += [Stop(each.number, "during", round(share * each.seconds, 2), name) for share in shares]
    last = operations[-1]
    return [*found, Stop(last.number, "after", 0, short(last.what))]


def boundaries(fault: Fault, operations: Sequence[Operation]) -> list[Stop]:
    """Give the boundaries at which a fault can change anything."""
    every = stops(operations)
    if fault.unheard:
        return [Stop(each.number, "unheard", 0, short(each.what)) for each in operations]
    if not fault.everywhere:
        return every[:1]
    named = [each.number for each in operations if (fault.until or fault.since) in short(each.what)]
    if fault.until and named:
        return [stop for stop in every if stop.number <= named[-1] + 1]
    if fault.since and named:
        return [stop for stop in every if stop.number >= named[-1] and stop != every[-1]]
    return every


def short(what: str) -> str:
    """Name an operation in a few words: a job by its title, a script by its name, a program by its verb."""
    job = _JOB.search(what)
    if job:
        return f"job {job[1]}: {_RELEASE.sub('R', job[2] or job[3])}"
    words = what.split()
    if words[:2] == ["bash", "-s"]:
        return " ".join(words[2:4] if words[2] == "lock" else words[2:3])
    if "compose" in words:
        verbs = ("pull", "up", "run", "config", "ps", "stop")
        return f"compose {next((word for word in words if word in verbs), '')}".strip()
    return "login" if "login" in words else " ".join(words[:1] if words[0] != "sh" else words[2:5])[:24].strip("'\"")


class Matrix:
    """Strike deploys and rollbacks of a yard, one after the other; release `serving` serves between two cases."""

    def __init__(self, yard: Yard) -> None:
        self.yard = yard
        self._turn = 0
        self.serving = self._good()
        yard.deploy(self.serving)
        self.operations = self._record("deploy")
        self.clean = aftermath.look(yard)
        self.rows: list[Row] = []
        self._rollback: list[Operation] = []

    def boundaries(self, fault: Fault) -> list[Stop]:
        """Give the boundaries at which a fault can change anything of what it strikes."""
        if fault.action == "rollback" and not self._rollback:
            self._rollback = self._record("rollback")
        return boundaries(fault, self._rollback if fault.action == "rollback" else self.operations)

    def _record(self, action: str) -> list[Operation]:
        """Deploy, or roll back, with nothing happening, and give the operations."""
        release = self._target(action)
        with Call(self.yard, NOWHERE, *_words(action, release)) as call:
            ended = call.finish(_CALLER_SECONDS)
        assert ended.code == 0, ended.story()
        assert aftermath.settled(self.yard, {release}) == (release, [])
        self.serving = release
        return call.operations

    def _target(self, action: str, kind: str = "good") -> str:
        """Give the release that an action leads to: a new one, or the one before, which served a moment ago."""
        if action == "deploy":
            return self._good() if kind == "good" else self.yard.release(kind, fresh=True)
        before, self.serving = self.serving, self._good()
        self.yard.deploy(self.serving)
        return before

    def _good(self) -> str:
        self._turn += 1
        return self.yard.release("one" if self._turn % 2 else "two", fresh=True)

    def case(self, fault: Fault, stop: Stop) -> Row:
        """Strike one deploy, see what serves, deploy again, and compare the server with a clean one.

        A rollback that was struck is typed again first, and has to lead to the same release.
        """
        row = Row(fault.name, str(stop) if fault.everywhere else "by itself")
        self.rows.append(row)
        new = self._target(fault.action, fault.kind)
        before = self.serving
        try:
            ended = self._struck(fault, stop, new, row)
            row.code, row.seconds = ended.code, ended.seconds
            allowed = {before, new} if fault.kind == "good" else {before}
            row.serves, wrong = aftermath.settled(self.yard, allowed)
            row.problems += wrong
            row.problems += untrue(row, before, new, ended)
            if fault.action == "rollback":
                self._repeat(row, new)
                new = self._good()
            self._again(row, new if fault.kind == "good" else self._good())
        except (AssertionError, OSError, TimeoutError) as error:
            row.problems.append(f"{type(error).__name__}: {str(error)[-1500:]}")
        if row.problems:
            self._begin_anew()
        return row

    def _struck(self, fault: Fault, stop: Stop, new: str, row: Row) -> Ended:
        words = _words(fault.action, new)
        with Call(self.yard, stop if fault.everywhere else NOWHERE, *words) as call:
            try:
                if fault.everywhere:
                    row.reached = call.reach()
                    if row.reached:
                        fault.strike(self.yard, call, new)
                return call.finish(_CALLER_SECONDS)
            finally:
                fault.heal(self.yard)

    def _repeat(self, row: Row, release: str) -> None:
        """Type a rollback again that did not come to its end."""
        if aftermath.recorded(self.yard) == ("rollback", release):
            return
        ended = self.yard.invoke(*_words("rollback", release), code=None)
        row.problems += [] if ended.code == 0 else [f"the same rollback {ended.story()[-1500:]}"]
        row.problems += aftermath.settled(self.yard, {release}, 20)[1]

    def _again(self, row: Row, release: str) -> None:
        started = time.monotonic()
        ended = self.yard.deploy(release, code=None)
        row.again = time.monotonic() - started
        if ended.code != 0:
            row.problems.append(f"the next deploy {ended.story()[-1500:]}")
            return
        _, wrong = aftermath.settled(self.yard, {release}, 20)
        left = aftermath.differences(self.clean, aftermath.look(self.yard))
        row.problems += [*wrong, *left, *aftermath.exposed(self.yard), *aftermath.audit(self.yard)]
        self.serving = release

    def _begin_anew(self) -> None:
        """After a case that went wrong: the next one must not suffer for it."""
        heal_all(self.yard)
        with contextlib.suppress(AssertionError):
            self.yard.redis("DEL", "die")
        self.yard.on_server(
            "pkill -KILL -u deploy; docker ps -aq | xargs -r docker rm -fv; docker network prune -f;"
            " cd /home/deploy/deployments && rm -rf app-staging"
        )
        for _ in range(2):
            self.serving = self._good()
            self.yard.deploy(self.serving)
        # Data that was made anew has volumes of other names.
        self.clean = aftermath.look(self.yard)


def _words(action: str, release: str) -> tuple[str, ...]:
    named = ("--release", release) if action == "deploy" else ()
    return (action, "--env", "staging", *named, "--plain")


def untrue(row: Row, before: str, new: str, ended: Ended) -> list[str]:
    """Hold the exit code against what serves: what failed or was interrupted has changed nothing, unless it says so."""
    # By the last lines of a step that failed, or by the end of the run.
    told = f"{new} serves http" in ended.output or f"  serves {new}\n" in ended.output
    unchanged = new if told else before
    says = {0: new, 6: before, **dict.fromkeys((3, 4, 5, 8, 124, 130), unchanged)}.get(row.code)
    wrong = [f"exit {row.code}, and {row.serves} serves"] if says and row.serves != says else []
    if row.code == 1 or "Traceback" in ended.output:
        wrong.append(f"a bug: {ended.output[-1500:]}")
    return wrong


def table(rows: Iterable[Row]) -> list[str]:
    """Give the lines of a table, a fault each: how many boundaries, how it ended, what served, the longest times."""
    by_fault: dict[str, list[Row]] = {}
    for row in rows:
        by_fault.setdefault(row.fault, []).append(row)
    lines = [
        "| fault | boundaries | exit codes of the deploy | well | longest end | longest next deploy |",
        "|---|---|---|---|---|---|",
    ]
    for name, cases in by_fault.items():
        codes = sorted({case.code for case in cases})
        told = ", ".join(f"{code if code >= 0 else 'killed'} ({sum(c.code == code for c in cases)})" for code in codes)
        well = f"{sum(not case.problems for case in cases)} of {len(cases)}"
        longest = f"{max(case.seconds for case in cases):.0f} s | {max(case.again for case in cases):.0f} s"
        lines.append(f"| {name} | {len(cases)} | {told} | {well} | {longest} |")
    return lines
