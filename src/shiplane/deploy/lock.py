"""One holder per environment: a file on the server, renewed while its holder lives."""

from __future__ import annotations

import json
import threading
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from shiplane.commands import remote
from shiplane.errors import Locked, ShiplaneError, Unreachable
from shiplane.runners.base import now

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from shiplane.model import Site
    from shiplane.runners.base import Cancel, Runner

_COMMAND_SECONDS = 15.0
_REPORT_SECONDS = 15.0


@dataclass(frozen=True, slots=True)
class Holder:
    """Name who holds an environment; times are the server's, empty before it wrote them."""

    run: str
    user: str
    host: str
    pid: int
    since: str = ""
    renewed_at: str = ""

    def __str__(self) -> str:
        since = f", since {self.since}" if self.since else ""
        return f"run {self.run} ({self.user}@{self.host}, process {self.pid}{since})"

    @property
    def key(self) -> str:
        """Give the beginning of the lock's file, by which one's own is known."""
        words = {"run": self.run, "user": self.user, "host": self.host, "pid": self.pid}
        return json.dumps(words)[1:-1]

    @classmethod
    def read(cls, text: str) -> Holder:
        """Read the lock's file."""
        data: dict[str, Any] = json.loads(text)
        return cls(**{name: data[name] for name in cls.__dataclass_fields__})


@dataclass(frozen=True, slots=True)
class Timing:
    """Set the lock's times in seconds: renewed every `renew`, given up by `stale`, asked again after `ask`."""

    renew: float = 10.0
    stale: int = 60
    ask: float = 2.0


@dataclass(frozen=True, slots=True)
class Lock:
    """Take and give back the lock of one environment."""

    runner: Runner
    site: Site
    report: Callable[[str], None]
    cancel: Cancel
    timing: Timing = field(default_factory=Timing)

    @contextmanager
    def hold(self, holder: Holder, *, wait: bool = False, leave: bool = False) -> Iterator[None]:
        """Hold the environment while the block runs.

        `wait` waits for another holder, saying for whom; without it `Locked` is raised. A process of the same run
        enters again. `leave` keeps the lock at the end, for a later process of the same run that follows within
        the time after which it counts as given up.
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
            if not (nested or leave):
                self._drop(holder)

    def holder(self) -> Holder | None:
        """Say who holds the environment; None where nobody does."""
        _, holder = self._ask("show")
        return holder

    def unlock(self, holder: Holder | None = None) -> Holder | None:
        """Remove the lock and say whose it was; None where there was none.

        With `holder`, only while it is still theirs: raises `Locked` where another one has taken it since.
        """
        verdict, found = self._ask("break", holder)
        if verdict == "held":
            raise Locked(self.site.environment, str(found))
        return found

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
        told = None
        while True:
            verdict, other = self._ask("take", holder)
            if verdict != "held":
                if verdict == "stale":
                    self.report(f"the lock of {other} was not renewed for {self.timing.stale} s: taken over")
                return verdict == "nested"
            if not wait:
                raise Locked(self.site.environment, str(other))
            if told is None or now() - told >= _REPORT_SECONDS:
                told = now()
                self.report(f"waiting for {self.site.environment}, held by {other}")
            self.cancel.sleep(self.timing.ask)

    def _renew(self, holder: Holder, ended: threading.Event) -> None:
        """Renew until the end; a lock that is lost, or a server that is gone, stops the run."""
        renewed = now()
        while not ended.wait(self.timing.renew):
            try:
                verdict, other = self._ask("renew", holder)
            except ShiplaneError as error:
                if now() - renewed > self.timing.stale - self.timing.renew:
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

    def _ask(self, verb: str, holder: Holder | None = None) -> tuple[str, Holder | None]:
        run = json.dumps({"run": holder.run})[1:-1] if holder else ""
        words = (verb, self.site.folder, str(self.timing.stale), run, holder.key if holder else "")
        command = remote.script("lock", *words, timeout=_COMMAND_SECONDS).on(self.site.host.name)
        completed = self.runner.run(command)
        if not completed.ok:
            raise Unreachable(
                f"the lock of {self.site.environment} cannot be used on {self.site.host.name}",
                f"see that ~/{self.site.folder} can be written and that flock is installed there",
                completed.tail(),
            )
        verdict, _, text = completed.stdout.partition("\t")
        return verdict, Holder.read(text) if text.strip() else None
