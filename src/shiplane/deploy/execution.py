"""Run the phases of a deploy within their time: what changes a server as a job there, which outlives the connection."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from shiplane.commands import job as jobs
from shiplane.deploy.failures import evidence_command, explain, gate_failure
from shiplane.errors import ConnectionLost, Locked, ShiplaneError, TimeLimit, Unreachable
from shiplane.runners.base import now, token
from shiplane.runners.connection import CONNECT_SECONDS

if TYPE_CHECKING:
    from collections.abc import Callable

    from shiplane.deploy.phases import Phase
    from shiplane.model import Command, Site
    from shiplane.runners.base import Cancel, Completed, Masker, Runner

_RECONNECT_SECONDS = 60.0
_RECONNECT_PAUSE = 2.0
_TAIL = 30


class TakenBack(Exception):
    """Tell that a phase failed and that the server has undone it."""

    def __init__(self, failure: ShiplaneError) -> None:
        super().__init__(failure.cause)
        self.failure = failure


class NotTakenBack(Exception):
    """Tell that a phase failed, and that its undo on the server failed too."""

    def __init__(self, failure: ShiplaneError, undo: ShiplaneError) -> None:
        super().__init__(failure.cause)
        self.failure = failure
        self.undo = undo


class Refused(Exception):
    """Tell that a phase with an undo did not begin: another run holds the environment."""

    def __init__(self, failure: Locked) -> None:
        super().__init__(failure.cause)
        self.failure = failure


@dataclass(slots=True)
class Output:
    """Sort what a job prints: its marks, the evidence of a failure, and lines for people.

    `started` says whether any command began; `begun` is the number of the last one, `lines` what it has said since;
    the same for the undo.
    """

    show: Callable[[str], None]
    earlier: Callable[[str], None]
    started: bool = False
    begun: int = 0
    lines: list[str] = field(default_factory=list)
    evidence: list[str] = field(default_factory=list)
    undo_lines: list[str] = field(default_factory=list)
    _group: str = "commands"
    _seen: int = 0
    _skip: int = 0

    def again(self) -> None:
        """Begin at the first line, after a lost connection: what was seen is not shown again."""
        self._skip, self._seen = self._seen, 0

    def line(self, line: str) -> None:
        """Take one line."""
        if line.startswith(f"{jobs.MARK}earlier "):
            self.earlier(line.removeprefix(f"{jobs.MARK}earlier "))
            return
        self._seen += 1
        if self._seen > self._skip:
            self._take(line)

    def _take(self, line: str) -> None:
        mark = line.removeprefix(jobs.MARK).split()
        if line.startswith(jobs.MARK) and len(mark) == 2:  # noqa: PLR2004 - a group and a number
            self._begin(mark[0], mark[1])
        elif line.startswith(jobs.EVIDENCE):
            self.evidence.append(line)
        else:
            {"commands": self.lines, "undo": self.undo_lines}.get(self._group, []).append(line)
            self.show(line)

    def _begin(self, group: str, number: str) -> None:
        self._group = group
        if group == "commands":
            self.started, self.begun, self.lines = True, int(number), []


@dataclass(frozen=True, slots=True)
class Execution:
    """Carry out phases on one server, or fail with what the server can tell about it.

    `beat` are commands that renew the lock; a job runs them while it runs.
    """

    runner: Runner
    site: Site
    report: Callable[[str], None]
    cancel: Cancel
    masker: Masker
    beat: tuple[Command, ...] = ()

    def run(self, *phases: Phase) -> list[Completed]:
        """Run phases to the end of the last; the first command that fails ends it with its cause.

        Raises `TakenBack`, `NotTakenBack` or `Refused` where the phase has an undo.
        """
        return [completed for phase in phases for completed in self._phase(phase)]

    def _phase(self, phase: Phase) -> list[Completed]:
        self.report(phase.title)
        for command in (*phase.commands, *phase.undo):
            self.masker.add(*command.secrets())
        if phase.detached:
            return [self._job(phase)]
        end = now() + phase.seconds
        return [self._command(phase, command, end) for command in phase.commands]

    def _command(self, phase: Phase, command: Command, end: float) -> Completed:
        left = max(end - now(), 1.0)
        limited = replace(command, timeout=min(command.timeout or left, left))
        try:
            completed = self.runner.run(limited, on_line=self._line if phase.told else None, cancel=self.cancel)
        except TimeLimit:
            if self.cancel.is_set():
                raise  # the stage's limit, not this command's
            completed = None
        if completed is not None and completed.ok:
            return completed
        raise explain(self.site, phase, command, completed.tail() if completed else ())

    def _job(self, phase: Phase) -> Completed:
        evidence = (evidence_command(self.site),) if phase.health else ()
        job = jobs.Job(
            token(), phase.title, phase.seconds, phase.commands, phase.undo, evidence, phase.always, self.beat
        )
        output = Output(self._line if phase.told else _nowhere, self._tell_earlier)
        try:
            completed = self._followed(job, output)
        except ShiplaneError as reason:
            # By the user, the stage's clock or the loss of the lock; a lost lock ends the job by itself.
            if not self.cancel.is_set() or isinstance(reason, Locked):
                raise
            self._stopped(job, output, reason)
            raise
        if completed.ok:
            return completed
        raise self._failure(phase, output, completed.exit_code)

    def _followed(self, job: jobs.Job, output: Output) -> Completed:
        try:
            return self.runner.run(
                self._there(jobs.start(self.site.folder, job)), on_line=output.line, cancel=self.cancel
            )
        except TimeLimit:
            if self.cancel.is_set():
                raise
            return self._again(job, output, Unreachable(f"{self.site.host.name} is silent", "look at its load"))
        except ConnectionLost as lost:
            return self._again(job, output, lost)

    def _again(self, job: jobs.Job, output: Output, lost: Unreachable) -> Completed:
        """Follow a job again after the connection was lost; raises `lost` where it never began or nobody answers."""
        self.report(f"{lost.cause}: connecting again")
        # The last attempt too has to end within that time.
        end = now() + _RECONNECT_SECONDS - CONNECT_SECONDS
        while True:
            output.again()
            try:
                completed = self.runner.run(
                    self._there(jobs.follow(self.site.folder, job)), on_line=output.line, cancel=self.cancel
                )
            except Unreachable:
                if now() > end:
                    raise lost from None
                self.cancel.sleep(_RECONNECT_PAUSE)
                continue
            if completed.exit_code == jobs.NEVER_BEGUN:
                raise lost
            return completed

    def _there(self, command: Command) -> Command:
        return command.on(self.site.host.name)

    def _stopped(self, job: jobs.Job, output: Output, reason: ShiplaneError) -> None:
        """End a job, and raise what became of its undo; nothing is raised where it has none."""
        output.again()
        completed = self.runner.run(self._there(jobs.stop(self.site.folder, job)), on_line=output.line)
        if completed.exit_code == jobs.UNDONE:
            raise TakenBack(reason) from reason
        if completed.exit_code == jobs.BROKEN:
            raise NotTakenBack(reason, self._undo_failure(output)) from reason

    def _failure(self, phase: Phase, output: Output, code: int) -> Exception:
        if code == jobs.LOCK_LOST:
            locked = Locked(self.site.environment, "another run: the lock of this one was lost")
            if phase.undo and not output.started:
                return Refused(locked)
            self.cancel.check()
            return locked
        tail = tuple(output.lines[-_TAIL:])
        over = code == jobs.TIME_OVER
        command = phase.commands[min(output.begun, len(phase.commands) - 1)]
        if phase.health:
            limit = phase.seconds if over else 0
            failure = gate_failure(self.site, phase, command, output.evidence, tail, limit)
        else:
            failure = explain(self.site, phase, command, () if over else tail)
        if code == jobs.UNDONE:
            return TakenBack(failure)
        if code == jobs.BROKEN:
            return NotTakenBack(failure, self._undo_failure(output))
        return failure

    def _undo_failure(self, output: Output) -> ShiplaneError:
        said = tuple(output.undo_lines[-_TAIL:])
        return Unreachable(said[-1] if said else "it said nothing", "look at the server", said)

    def _tell_earlier(self, title: str) -> None:
        self.report(f"waiting for what an earlier run began here: {title}")

    def _line(self, line: str) -> None:
        self.report(f"  {line}")


def _nowhere(_line: str) -> None:
    """Show nothing."""
