"""Running the graph of steps: in parallel, each once, within the time limits of their stages."""

from __future__ import annotations

import shlex
import traceback
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from shiplane.errors import Interrupted, ShiplaneError, StepFailed, TimeLimit
from shiplane.model import Outcome
from shiplane.pipeline.interrupts import deferred
from shiplane.runners.base import Cancel, now

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from shiplane.model import Command, Plan, Stage, Step
    from shiplane.pipeline.journal import Journal
    from shiplane.runners.base import Runner

_TICK_SECONDS = 0.2
_TAIL = 30


class Action(Protocol):
    """Carry out one step; raise a `ShiplaneError` where it fails."""

    def __call__(self, step: Step, say: Callable[[str], None], cancel: Cancel, /) -> None:
        """Do the step; `say` takes a line of output, `cancel` tells when to stop."""


@dataclass(slots=True)
class _Running:
    step: Step
    stage: Stage
    cancel: Cancel
    started: float
    doing: str = ""


class Execution:
    """Run a plan's steps by their needs; every outcome goes to the journal."""

    def __init__(self, plan: Plan, journal: Journal, actions: Mapping[str, Action], parallel: int) -> None:
        self.plan = plan
        self.journal = journal
        self.actions = actions
        self.parallel = parallel
        self.outcomes: dict[str, Outcome] = {}
        self._stage_of = {step.id: stage for stage in plan.stages for step in stage.steps}
        self._clocks: dict[str, float] = {}
        self._stage_started: dict[str, float] = {}
        self._stages_ended: set[str] = set()
        self._running: dict[Future[Outcome], _Running] = {}
        self._stop: ShiplaneError | None = None
        self._asked_to_stop = 0
        self._asked_to_wait = False

    def run(self) -> dict[str, Outcome]:
        """Run to the end, whatever fails, and give the outcome of each step."""
        with ThreadPoolExecutor(self.parallel, thread_name_prefix="step") as pool, deferred(self.ask_to_stop):
            self._loop(pool)
        return self.outcomes

    def ask_to_stop(self) -> None:
        """Let the run end soon; safe to call from a signal's handler, any number of times."""
        self._asked_to_stop += 1

    def _loop(self, pool: ThreadPoolExecutor) -> None:
        while True:
            self._heed_signals()
            self._skip_blocked()
            for step in self._ready()[: self.parallel - len(self._running)]:
                self._start(pool, step)
            if not self._running:
                return
            done, _ = wait(self._running, timeout=_TICK_SECONDS, return_when=FIRST_COMPLETED)
            for future in done:
                self._end(future)
            self._watch_clocks()

    def _heed_signals(self) -> None:
        """Stop at the first signal; at later ones the user is only told that the end takes a while."""
        if self._asked_to_stop and self._stop is None:
            self._interrupt()
        if self._asked_to_stop > 1 and self._running and not self._asked_to_wait:
            self._asked_to_wait = True
            self.journal.write("note", text="taking back what was begun, please wait")

    def _interrupt(self) -> None:
        """Ask everything that runs to stop; what has not started is not started any more."""
        doing = ", ".join(running.step.title for running in self._running.values())
        self._stop = Interrupted(doing)
        for running in self._running.values():
            running.cancel.set(self._stop)

    def _waiting(self) -> list[Step]:
        taken = {running.step.id for running in self._running.values()} | set(self.outcomes)
        return [step for step in self.plan.steps if step.id not in taken]

    def _ready(self) -> list[Step]:
        if self._stop:
            return []
        passed = {name for name, outcome in self.outcomes.items() if outcome.status == "passed"}
        return [step for step in self._waiting() if passed.issuperset(step.needs)]

    def _skip_blocked(self) -> None:
        """Record the steps that can no longer run."""
        changed = True
        while changed:
            changed = False
            for step in self._waiting():
                if self._stop or any(self._lost(need) for need in step.needs):
                    self._record(step, Outcome("cancelled" if self._stop else "skipped"))
                    changed = True

    def _lost(self, need: str) -> bool:
        return need in self.outcomes and self.outcomes[need].status != "passed"

    def _start(self, pool: ThreadPoolExecutor, step: Step) -> None:
        stage = self._stage_of[step.id]
        started = now()
        self._clocks.setdefault(stage.clock, started)
        if stage.name not in self._stage_started:
            self._stage_started[stage.name] = started
            self.journal.write("stage_started", stage=stage.name)
        running = _Running(step, stage, Cancel(), started)
        self.journal.write("step_started", stage=stage.name, step=step.id)
        self._running[pool.submit(self._work, running)] = running

    def _work(self, running: _Running) -> Outcome:
        step = running.step

        def say(line: str) -> None:
            running.doing = line
            self.journal.line(step.id, line)

        try:
            self.actions[step.action](step, say, running.cancel)
        except ShiplaneError as error:
            status = "cancelled" if isinstance(error, Interrupted) else "failed"
            return Outcome(status, now() - running.started, error.exit_code, error.cause, error.fix, error.details)  # type: ignore[arg-type]
        except Exception as error:  # noqa: BLE001 - a bug in one step must not lose the others' outcomes
            for line in traceback.format_exc().splitlines():
                self.journal.line(step.id, line)
            cause = f"a bug in Shiplane: {type(error).__name__} in {step.id}"
            fix = f"please report it with the log {self.journal.log_file(step.id)}"
            return Outcome("failed", now() - running.started, 1, cause, fix)
        return Outcome("passed", now() - running.started)

    def _end(self, future: Future[Outcome]) -> None:
        running = self._running.pop(future)
        self._record(running.step, future.result())

    def _record(self, step: Step, outcome: Outcome) -> None:
        self.outcomes[step.id] = outcome
        stage = self._stage_of[step.id]
        self.journal.write(
            "step_ended",
            stage=stage.name,
            step=step.id,
            status=outcome.status,
            seconds=round(outcome.seconds, 3),
            exit_code=outcome.exit_code,
            cause=outcome.cause,
            fix=outcome.fix,
            details=list(outcome.details),
            how=outcome.how,
            reused_from=outcome.reused_from,
            tries=outcome.tries,
        )
        self._end_stage(stage)

    def _end_stage(self, stage: Stage) -> None:
        ended = [self.outcomes[step.id] for step in stage.steps if step.id in self.outcomes]
        if len(ended) < len(stage.steps) or stage.name in self._stages_ended:
            return
        self._stages_ended.add(stage.name)
        started = self._stage_started.get(stage.name)
        seconds = now() - started if started is not None else 0.0
        self.journal.write("stage_ended", stage=stage.name, status=worst(ended), seconds=round(seconds, 3))

    def _watch_clocks(self) -> None:
        """Stop the steps of every stage whose time is over."""
        for running in self._running.values():
            limit = running.stage.timeout_seconds
            if now() - self._clocks[running.stage.clock] > limit and not running.cancel.is_set():
                what = f"stage {running.stage.name} ({running.step.title})"
                running.cancel.set(TimeLimit(what, limit, running.doing))


def worst(outcomes: list[Outcome]) -> str:
    """Give the status of a stage from those of its steps."""
    statuses = {outcome.status for outcome in outcomes}
    for status in ("failed", "cancelled", "skipped"):
        if status in statuses:
            return status
    return "passed"


def process_action(runner: Runner) -> Action:
    """Make the action that runs a step's commands one after the other."""

    def act(step: Step, say: Callable[[str], None], cancel: Cancel) -> None:
        for command in step.commands:
            run_checked(runner, command, step.title, say, cancel)

    return act


def run_checked(runner: Runner, command: Command, title: str, say: Callable[[str], None], cancel: Cancel | None) -> str:
    """Run one command and give its stdout; raises `StepFailed` with the last lines where it fails."""
    say(f"$ {command.masked()}")
    done = runner.run(command, on_line=say, cancel=cancel)
    if not done.ok:
        fix = f"mend what is named above; to repeat it alone: {shlex.join(command.argv)}"
        raise StepFailed(f"{title} failed with exit code {done.exit_code}", fix, done.tail(_TAIL))
    return done.stdout
