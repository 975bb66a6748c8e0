"""A run's place among others on this machine: when it is its turn, and that nothing of it stays."""

from __future__ import annotations

import time
from contextlib import suppress
from typing import TYPE_CHECKING, Self

from shiplane.cli.text import show
from shiplane.errors import Interrupted, ShiplaneError
from shiplane.pipeline.interrupts import deferred
from shiplane.pipeline.presence import Presence
from shiplane.pipeline.register import Entry, Register
from shiplane.pipeline.turns import Turn
from shiplane.runners import process
from shiplane.runners.locks import user_folder

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from types import TracebackType

    from shiplane.cli.app import App
    from shiplane.model import Event, Outcome, Step
    from shiplane.pipeline.execute import Action
    from shiplane.pipeline.journal import Journal
    from shiplane.pipeline.target import Target
    from shiplane.runners.base import Cancel


def group(app: App, target: Target, event: Event) -> str:
    """Name the runs of one branch (or pull request) and target: each checkout has a lab of its own."""
    naming = target.naming()
    where = str(app.checkout) if target.name == "lab" else f"{naming.registry}/{naming.owner}/{naming.application}"
    kind = "pull request" if event.name == "pull_request" else "branch"
    return f"{where} {target.name} {kind} {event.branch}"


class Place:
    """Let a run begin when no older one of its group goes on, and end what its processes leave.

    `run` is its id; `group` names the runs of one branch and target, empty: it is in nobody's way.
    """

    def __init__(self, app: App, journal: Journal, run: str, group: str) -> None:
        self.app = app
        self.journal = journal
        me = Entry(journal.folder.name, run, group, str(app.checkout), *process.own())
        register = Register(user_folder(app.environ, "running") or app.store.root / "running")
        self.turn = Turn(register, me, show, time.sleep, production=app.config.limits.production)
        self.presence = Presence(app.runner.environ)
        self.older: Sequence[Entry] = ()

    def __enter__(self) -> Self:
        self.presence.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        # Bounded in time, and not to be cut short: a signal changes nothing any more.
        with deferred(lambda _number: None):
            self.turn.leave()
            self.presence.__exit__(kind, error, trace)

    def take_turn(self, *, cancel: bool) -> bool:
        """Wait for older runs, which with `cancel` are asked to end; tell whether there were any.

        Raises `StillRunning`, and `Interrupted` where this one is to end itself.
        """
        try:
            self.older = self.turn.take(cancel=cancel)
        except KeyboardInterrupt:
            raise self.turn.reason("") or Interrupted("waiting for an older run") from None
        return bool(self.older)

    def tell(self) -> None:
        """Write down what was found here."""
        for one in self.older:
            self.journal.write("note", text=f"took the place of {self.turn.named(one)}")
        if self.presence.found:
            self.journal.write("note", text=f"ended what a killed run had left: {', '.join(self.presence.found)}")

    def why(self, doing: str) -> Interrupted:
        """Say why the run is asked to end."""
        reason = self.turn.reason(doing)
        if reason is not None:
            self.journal.write("note", text=reason.cause)
        return reason or Interrupted(doing)

    def final(self, action: Action) -> Action:
        """Give an action from whose beginning on no newer run ends this one."""

        def act(step: Step, say: Callable[[str], None], cancel: Cancel) -> Outcome | None:
            self.turn.finalise()
            return action(step, say, cancel)

        return act

    def clear(self, *, killed: bool) -> None:
        """End what steps left running, and remove what those that were killed could not remove themselves."""
        left = self.presence.end_processes()
        if left:
            self.journal.write("note", text=f"ended what steps had left running: {', '.join(left)}")
        if killed:
            from shiplane.cli import leftovers  # noqa: PLC0415 - seldom needed

            self.journal.write("note", text="removing the containers of what was killed")
            with suppress(ShiplaneError):
                leftovers.remove(self.app, lambda _line: None)

    def leave(self) -> None:
        """Let the next run begin; from now on none asks this one to end."""
        self.turn.leave()
