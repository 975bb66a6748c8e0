"""One run at a time for a branch and target: a newer one takes the place of an older."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from shiplane.errors import StillRunning, Superseded
from shiplane.runners.base import now

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from shiplane.pipeline.register import Entry, Register

_LOOK_SECONDS = 0.1
_TELL_SECONDS = 30.0


@dataclass(slots=True)
class Turn:
    """Wait for the runs before, as one of a register; `sleep` takes seconds and raises where this one is to end.

    A run that was asked to end has `patience` seconds for it, one that is on production as many more as `production`.
    """

    register: Register
    me: Entry
    say: Callable[[str], None]
    sleep: Callable[[float], None]
    patience: float = 900.0
    production: float = 1200.0
    older: list[Entry] = field(default_factory=list)

    def take(self, *, cancel: bool = True) -> Sequence[Entry]:
        """Enter, and come back when no older run of the group goes on; give those that did.

        With `cancel` they are asked to end, unless they are on production. Raises `StillRunning` where one does not.
        """
        self.older = self.register.enter(self.me, supersede=cancel)
        for one in self.older:
            self.say(f"{self.named(one)} goes on: {_told(one, cancel=cancel)}")
        limit = self.patience + (self.production if any(one.final for one in self.older) else 0.0)
        self._wait(limit if cancel else None)
        return self.older

    def _wait(self, limit: float | None) -> None:
        began = told = now()
        while left := [one for one in self.older if self.register.holds(one)]:
            if limit is not None and now() - began > limit:
                raise StillRunning(left[0].seen_from(self.me.checkout), left[0].pid)
            if now() - told > _TELL_SECONDS:
                told = now()
                self.say(f"waiting for {', '.join(self.named(one) for one in left)}")
            self.sleep(_LOOK_SECONDS)

    def reason(self, doing: str) -> Superseded | None:
        """Say by whom this run was asked to end; None where no run did."""
        by = self.register.superseded_by(self.me)
        return Superseded(by, doing) if by else None

    def finalise(self) -> None:
        """Go on to production: from now on this run is waited for. Raises `Superseded` where it was asked to end."""
        by = self.register.finalise(self.me)
        if by:
            raise Superseded(by)

    def leave(self) -> None:
        """Let the next one go on."""
        self.register.leave(self.me)

    def named(self, one: Entry) -> str:
        """Name another run for people."""
        return f"run {one.seen_from(self.me.checkout)} (process {one.pid})"


def _told(one: Entry, *, cancel: bool) -> str:
    if not cancel:
        return "waiting for its end"
    return "it is on production, so it is waited for" if one.final else "it is asked to end, for this one is newer"
