"""One holder per environment: a file on the server, renewed while its holder lives."""

from __future__ import annotations

import json
import threading
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from shiplane.commands import job as jobs
from shiplane.commands import remote
from shiplane.errors import HeldTooLong, Locked, ShiplaneError, StillAtWork, TimeLimit, Unreachable
from shiplane.runners import process
from shiplane.runners.base import now

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from shiplane.model import Command, Site
    from shiplane.runners.base import Cancel, Runner

_COMMAND_SECONDS = 15.0
_REPORT_SECONDS = 15.0


@dataclass(frozen=True, slots=True)
class Holder:
    """Name who holds an environment; times are the server's, empty before it wrote them.

    `machine` and `started` tell the process from a later one with its number; empty where that is not known. `job` is
    what runs on the server meanwhile, and renews the lock too; empty where nothing does.
    """

    run: str
    user: str
    host: str
    pid: int
    since: str = ""
    renewed_at: str = ""
    machine: str = ""
    started: str = ""
    job: str = ""

    def __str__(self) -> str:
        since = f", since {self.since}" if self.since else ""
        return f"run {self.run} ({self.who}, process {self.pid}{since})"

    @property
    def who(self) -> str:
        """Name the person, as the audit does: `user@host`."""
        return f"{self.user}@{self.host}"

    @property
    def key(self) -> str:
        """Give the beginning of the lock's file, by which one's own is known."""
        names = ("run", "user", "host", "pid", "machine", "started")
        return json.dumps({name: getattr(self, name) for name in names})[1:-1]

    @property
    def is_gone(self) -> bool:
        """Tell whether it was a process of this machine that does not live any more."""
        return process.is_gone(self.pid, self.machine, self.started)

    @property
    def lives(self) -> bool:
        """Tell whether it is a process of this machine that lives."""
        return process.lives(self.pid, self.machine, self.started)

    @classmethod
    def read(cls, text: str) -> Holder:
        """Read the lock's file."""
        data: dict[str, Any] = json.loads(text)
        return cls(**{name: data[name] for name in cls.__dataclass_fields__ if name in data})


@dataclass(frozen=True, slots=True)
class Timing:
    """Set the lock's times in seconds.

    It is renewed every `renew` and counts as given up after `stale`, both by the server's clock alone: no other clock
    has to be right. Five renewals fit in between, for one that meets a cut link takes 12 s to notice. A holder who
    cannot renew for `lost` ends. Who waits asks again after `ask`.
    """

    renew: float = 5.0
    stale: int = 25
    lost: float = 90.0
    ask: float = 1.0


@dataclass(frozen=True, slots=True)
class Lock:
    """Take and give back the lock of one environment."""

    runner: Runner
    site: Site
    report: Callable[[str], None]
    cancel: Cancel
    timing: Timing = field(default_factory=Timing)

    @contextmanager
    def hold(self, holder: Holder, *, wait: bool = False) -> Iterator[None]:
        """Hold the environment while the block runs.

        `wait` waits for another holder, saying for whom; without it `Locked` is raised as soon as it is known that the
        holder lives. The lock of one that does not is taken over. A process of the same run enters again.
        """
        nested = self._take(holder, wait=wait)
        ended = threading.Event()
        renewal = threading.Thread(target=self._renew, args=(holder, ended), name="lock-renewal", daemon=True)
        if not nested:
            renewal.start()
        try:
            yield
        finally:
            ended.set()
            if not nested:
                renewal.join(_COMMAND_SECONDS)
                self._drop(holder)

    def holder(self) -> Holder | None:
        """Say who holds the environment; None where nobody does."""
        _, holder = self._ask("show")
        return holder

    def unlock(self, holder: Holder | None = None) -> Holder | None:
        """Remove the lock and say whose it was; None where there was none.

        With `holder`, only while it is still theirs: raises `Locked` where another one has taken it since, and
        `StillAtWork` where something runs on the server, which would end half-way.
        """
        verdict, found = self._ask("break", holder)
        if verdict == "held":
            raise Locked(self.site.environment, str(found))
        if verdict == "busy" and found is not None:
            raise StillAtWork(self.site.environment, str(found), found.job)
        return found

    def end_job(self) -> tuple[int | None, tuple[str, ...]]:
        """End what runs on the server, which undoes itself; give its code, None where nothing runs, and last lines."""
        completed = self.runner.run(jobs.end(self.site.folder).on(self.site.host.name), on_line=self._tell_job)
        return None if completed.exit_code == jobs.NEVER_BEGUN else completed.exit_code, completed.tail()

    def _tell_job(self, line: str) -> None:
        if not line.startswith((jobs.MARK, *jobs.EVIDENCE)):
            self.report(f"  {line}")

    def confirm(self, holder: Holder) -> None:
        """Raise `Locked`, and cancel with it, where `holder` does not hold the environment any more."""
        verdict, other = self._ask("renew", holder)
        if verdict == "lost":
            error = self._gone(other)
            self.cancel.set(error)
            raise error

    def _gone(self, other: Holder | None) -> Locked:
        return Locked(self.site.environment, str(other or "nobody: the lock was removed"))

    def _take(self, holder: Holder, *, wait: bool) -> bool:
        """Take the lock; tell whether this very process held it already."""
        told = -_REPORT_SECONDS
        began, first, gone = now(), "", None
        while True:
            verdict, other = self._ask("take", holder, gone)
            if verdict not in ("held", "busy"):
                self._tell_taken(verdict, other)
                return verdict == "nested"
            if verdict == "held" and other and other.is_gone and gone != other:
                gone = other
                continue
            first = first or (other.renewed_at if other else "")
            if other and other.job:
                began = now()  # it is not stale before the job has ended, whether its holder lives or not
            if verdict == "held" and not wait and self._surely_held(other, first, began):
                raise Locked(self.site.environment, str(other))
            if now() - told >= _REPORT_SECONDS:
                told = now()
                self.report(self._waiting(verdict, other, wait=wait))
            self._sleep(other)

    def _sleep(self, other: Holder | None) -> None:
        """Wait a little; a time limit that ends the wait is told as what it was: nothing of this run took the time."""
        try:
            self.cancel.sleep(self.timing.ask)
        except TimeLimit as late:
            raise HeldTooLong(self.site.environment, str(other)) from late

    def _surely_held(self, other: Holder | None, first: str, began: float) -> bool:
        """Tell whether the holder lives: its process does, or the lock was renewed since the `first` look."""
        renewed = other is not None and (other.lives or other.renewed_at != first)
        return renewed or now() - began > self.timing.stale + self.timing.renew

    def _waiting(self, verdict: str, other: Holder | None, *, wait: bool) -> str:
        environment = self.site.environment
        if verdict == "busy":
            return f"waiting for what {other} left running on {environment}"
        if other and other.job:
            return f"{environment} is held by {other}, and at work: {other.job!r}"
        if wait:
            return f"waiting for {environment}, held by {other}"
        return f"{environment} is held by {other}: seeing whether it is still renewed"

    def _tell_taken(self, verdict: str, other: Holder | None) -> None:
        reasons = {
            "stale": f"was not renewed for {self.timing.stale} s",
            "gone": "was left by a process that has ended",
        }
        if verdict in reasons:
            self.report(f"the lock of {other} {reasons[verdict]}: taken over")

    def _renew(self, holder: Holder, ended: threading.Event) -> None:
        """Renew until the end; a lock that is lost, or a server that is gone, stops the run."""
        renewed = now()
        while not ended.wait(self.timing.renew):
            try:
                verdict, other = self._ask("renew", holder)
            except ShiplaneError as error:
                # A job on the server renews the lock meanwhile; whether it is still ours is asked at the next answer.
                if now() - renewed > self.timing.lost:
                    self.cancel.set(error)
                continue
            if verdict == "lost":
                self.cancel.set(self._gone(other))
                return
            renewed = now()

    def _drop(self, holder: Holder) -> None:
        with suppress(ShiplaneError):
            self._ask("drop", holder)
            return
        self.report(f"the lock of {self.site.environment} could not be given back: it ends in {self.timing.stale} s")

    def renewal(self, holder: Holder) -> Command:
        """Give the command by which a job on the server renews the lock; it ends with 9 where the lock is lost."""
        return self._command("beat", holder)

    def _command(self, verb: str, holder: Holder | None, gone: Holder | None = None) -> Command:
        run = json.dumps({"run": holder.run})[1:-1] if holder else ""
        words = (verb, self.site.folder, str(self.timing.stale), run, holder.key if holder else "")
        more = (gone.key,) if gone else ()
        return remote.script("lock", *words, *more, timeout=_COMMAND_SECONDS).on(self.site.host.name)

    def _ask(self, verb: str, holder: Holder | None = None, gone: Holder | None = None) -> tuple[str, Holder | None]:
        command = self._command(verb, holder, gone)
        completed = self.runner.run(command)
        if not completed.ok:
            raise Unreachable(
                f"the lock of {self.site.environment} cannot be used on {self.site.host.name}",
                f"see that ~/{self.site.folder} can be written and that flock is installed there",
                completed.tail(),
            )
        verdict, _, text = completed.stdout.partition("\t")
        return verdict, Holder.read(text) if text.strip() else None
