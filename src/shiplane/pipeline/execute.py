"""Running the graph of steps: in parallel, each once a try, within the time limits of their stages and their own."""

from __future__ import annotations

import heapq
import shlex
import signal
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import asdict
from queue import Empty, SimpleQueue
from types import MappingProxyType
from typing import TYPE_CHECKING, Protocol

from shiplane.commands import nox
from shiplane.errors import Interrupted, StepFailed, StoppedEarly
from shiplane.model import Outcome
from shiplane.pipeline.clocks import Clocks
from shiplane.pipeline.graph import Graph
from shiplane.pipeline.interrupts import deferred
from shiplane.pipeline.tries import Try
from shiplane.runners.base import now

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping

    from shiplane.model import Command, Plan, Stage, Step
    from shiplane.pipeline.journal import Journal
    from shiplane.runners.base import Cancel, Runner

_TAIL = 30
# The kernel may give a signal to the thread of a step; Python's handler then runs when this one wakes up.
_LOOK_SECONDS = 0.2


class Action(Protocol):
    """Carry out one step; raise a `ShiplaneError` where it fails."""

    def __call__(self, step: Step, say: Callable[[str], None], cancel: Cancel, /) -> Outcome | None:
        """Do the step; `say` takes a line of output, `cancel` tells when to stop.

        None: it ran and passed. An outcome says how it passed without being carried out.
        """


class Execution:
    """Run a plan's steps by their needs, at most `parallel` at a time; every outcome goes to the journal.

    `fail_fast` cancels what runs as soon as a step has failed. `why` names the reason when the run is asked to stop,
    given what it was doing.
    """

    def __init__(  # noqa: PLR0913 - what a run is made of, each by name
        self,
        plan: Plan,
        journal: Journal,
        actions: Mapping[str, Action],
        parallel: int,
        *,
        fail_fast: bool = False,
        why: Callable[[str], Interrupted] = Interrupted,
    ) -> None:
        self.journal = journal
        self.actions = actions
        self.parallel = parallel
        self.fail_fast = fail_fast
        self.why = why
        self.outcomes: dict[str, Outcome] = {}
        self.killed = False
        """Whether a process was killed, so that what it would have removed may be left."""
        self._graph = Graph(plan.steps)
        self._clocks = Clocks(plan)
        self._stages = {step.id: stage for stage in plan.stages for step in stage.steps}
        self._open = {stage.name: len(stage.steps) for stage in plan.stages}
        self._stage_started: dict[str, float] = {}
        self._tries: dict[str, Try] = {}
        self._running: dict[str, Try] = {}
        self._later: list[tuple[float, str]] = []
        self._events: SimpleQueue[Try | None] = SimpleQueue()
        self._stop: Interrupted | None = None
        self._asked_to_stop = 0
        self._hastened = False

    def run(self) -> dict[str, Outcome]:
        """Run to the end, whatever fails, and give the outcome of each step."""
        with (
            deferred(self.ask_to_stop),
            ThreadPoolExecutor(self.parallel, thread_name_prefix="step") as pool,
            self._leaving_nothing(),
        ):
            while self._go_on(pool):
                self._await_event()
        return self.outcomes

    def ask_to_stop(self, number: int = signal.SIGINT) -> None:
        """Let the run end soon, the second time at once; safe to call from a signal's handler, any number of times."""
        # A terminal that closes often sends its signal twice, from the kernel and the shell: no sign of impatience.
        if number != signal.SIGHUP or not self._asked_to_stop:
            self._asked_to_stop += 1
        self._events.put(None)

    @contextmanager
    def _leaving_nothing(self) -> Iterator[None]:
        """End the steps that run where the run itself cannot go on; their threads are waited for."""
        try:
            yield
        except BaseException:
            for one in self._running.values():
                one.cancel.set(Interrupted())
            raise

    def _go_on(self, pool: ThreadPoolExecutor) -> bool:
        """Start what can start now; tell whether there is anything to wait for."""
        self._heed_signals()
        self._watch_clocks()
        while self._later and self._later[0][0] <= now():
            _, name = heapq.heappop(self._later)
            self._graph.give_back(self._tries[name].step)
        while len(self._running) < self.parallel and (step := self._graph.take(self._beside())):
            self._start(pool, step)
        return bool(self._running or self._later)

    def _beside(self) -> Collection[str]:
        """Name what the cores are left to: nothing until half of what may run does, for a build takes more than one."""
        return self._running if len(self._running) * 2 >= self.parallel else ()

    def _await_event(self) -> None:
        """Wait until a step has ended, a signal has come or a time is over."""
        times = [self._clocks.end(one) for one in self._running.values() if not one.cancel.is_set()]
        times += [self._later[0][0]] if self._later else []
        left = min(times, default=now() + _LOOK_SECONDS) - now()
        with suppress(Empty):
            ended = self._events.get(timeout=min(max(left, 0.0), _LOOK_SECONDS))
            if ended is not None:
                self._end(ended)

    def _heed_signals(self) -> None:
        """Stop at the first signal; kill what runs here at the second, while servers are still taken back."""
        if self._asked_to_stop and self._stop is None:
            self._halt(self.why(", ".join(one.step.title for one in self._running.values())))
        if self._stop and self._asked_to_stop > 1 and self._running and not self._hastened:
            self._hastened = True
            hosts = {one.step.host for one in self._running.values()} - {"local"}
            waits = f"; what was begun on {', '.join(sorted(hosts))} is taken back first, please wait" if hosts else ""
            self.journal.write("note", text=f"killing what runs here{waits}")
            for one in self._running.values():
                one.cancel.set(self._stop, at_once=True)

    def _halt(self, reason: Interrupted) -> None:
        """Ask everything that runs to stop; what has not started is not started any more."""
        self._stop = reason
        for one in self._running.values():
            one.cancel.set(reason)
        waiting = [self._tries[name].step for _, name in sorted(self._later)]
        self._later.clear()
        for step in (*waiting, *self._graph.drop()):
            self._record(step, self._given_up(step, reason))

    def _given_up(self, step: Step, reason: Interrupted) -> Outcome:
        """Say how a step ends that does not run now; it may have been tried before."""
        before = self._tries.get(step.id)
        if before is None:
            return Outcome("cancelled", exit_code=reason.exit_code, tries=0)
        told = (reason.exit_code, reason.cause, reason.fix)
        return Outcome("cancelled", now() - before.first, *told, tries=before.number, page=reason.page)

    def _watch_clocks(self) -> None:
        """Stop every step whose time is over."""
        for one in self._running.values():
            if not one.cancel.is_set() and self._clocks.end(one) <= now():
                one.late = self._clocks.is_own(one)
                one.cancel.set(self._clocks.error(one))

    def _start(self, pool: ThreadPoolExecutor, step: Step) -> None:
        stage, at = self._stages[step.id], now()
        if stage.name not in self._stage_started:
            self._stage_started[stage.name] = at
            self.journal.write("stage_started", stage=stage.name)
        before = self._tries.get(step.id)
        one = Try(step, before.number + 1 if before else 1, before.first if before else at, at)
        self._clocks.start(stage, at)
        if before is None:
            self.journal.write("step_started", stage=stage.name, step=step.id)
        self._tries[step.id] = self._running[step.id] = one
        pool.submit(self._work, one)

    def _work(self, one: Try) -> None:
        try:
            one.run(self.actions, self.journal)
        finally:
            self._events.put(one)

    def _end(self, one: Try) -> None:
        step = one.step
        del self._running[step.id]
        self.killed = self.killed or one.cancel.killed
        wait = self._wait_before_next(one)
        if wait is None:
            self._record(step, one.outcome)
        else:
            heapq.heappush(self._later, (now() + wait, step.id))

    def _wait_before_next(self, one: Try) -> float | None:
        """Say how long to wait before a step that failed is tried again, and tell of it; None where it is not."""
        retry = one.step.retry
        if self._stop or retry is None or one.number >= retry.tries or not one.may_pass:
            return None
        wait = retry.wait_seconds * (1 << (one.number - 1))
        if not self._clocks.allows(one, now() + wait):
            return None
        told = {"tries": one.number, "of": retry.tries, "reason": retry.reason, "wait_seconds": wait}
        stage, cause = self._stages[one.step.id].name, one.outcome.cause
        self.journal.write("step_retried", stage=stage, step=one.step.id, **told, cause=cause)
        self.journal.line(one.step.id, f"{cause}; once more in {wait:g} s: {retry.reason}")
        return wait

    def _record(self, step: Step, outcome: Outcome) -> None:
        """Write down how a step ended, and what that means for those that wait for it."""
        self.outcomes[step.id] = outcome
        stage = self._stages[step.id]
        told = {**asdict(outcome), "seconds": round(outcome.seconds, 3), "details": list(outcome.details)}
        self.journal.write("step_ended", stage=stage.name, step=step.id, **told)
        self._close_stage(stage)
        if outcome.status == "passed":
            self._graph.passed(step)
            return
        for lost in self._graph.lose(step):
            self._record(lost, Outcome("skipped", tries=0))
        if outcome.status == "failed" and self.fail_fast and self._stop is None:
            self._halt(StoppedEarly(step.title or step.id))

    def _close_stage(self, stage: Stage) -> None:
        """Tell of a stage's end after that of its last step."""
        self._open[stage.name] -= 1
        if self._open[stage.name]:
            return
        started = self._stage_started.get(stage.name)
        seconds = now() - started if started is not None else 0.0
        status = worst([self.outcomes[step.id] for step in stage.steps])
        self.journal.write("stage_ended", stage=stage.name, status=status, seconds=round(seconds, 3))


def worst(outcomes: list[Outcome]) -> str:
    """Give the status of a stage from those of its steps."""
    statuses = {outcome.status for outcome in outcomes}
    for status in ("failed", "cancelled", "skipped"):
        if status in statuses:
            return status
    return "passed"


def process_action(runner: Runner, made: Mapping[str, str] = MappingProxyType({})) -> Action:
    """Make the action that runs a step's commands one after the other; `made` are ids of images that the run has."""

    def act(step: Step, say: Callable[[str], None], cancel: Cancel) -> None:
        for command in step.commands:
            run_checked(runner, nox.by_id(command, made), step.title, say, cancel)

    return act


def run_checked(runner: Runner, command: Command, title: str, say: Callable[[str], None], cancel: Cancel | None) -> str:
    """Run one command and give its stdout; raises `StepFailed` with the last lines where it fails."""
    say(f"$ {command.masked()}")
    done = runner.run(command, on_line=say, cancel=cancel)
    if not done.ok:
        fix = f"mend what is named above; to repeat it alone: {shlex.join(command.argv)}"
        raise StepFailed(f"{title} failed with exit code {done.exit_code}", fix, done.tail(_TAIL))
    return done.stdout
