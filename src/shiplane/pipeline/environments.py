"""The environments that a run works on: one connection each, and the lock while it is held."""

from __future__ import annotations

import threading
from contextlib import ExitStack, nullcontext, suppress
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

from shiplane.deploy.context import Context
from shiplane.deploy.lock import Holder, Lock
from shiplane.deploy.phases import ROLLOUTS, Options
from shiplane.deploy.rollout import Deployer
from shiplane.errors import Locked, ShiplaneError
from shiplane.runners.base import Cancel, now

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    from shiplane.config import Config
    from shiplane.model import Command, Host, Site
    from shiplane.pipeline.target import Target
    from shiplane.runners.base import Masker, Runner
    from shiplane.runners.http import Http

    Connect = Callable[[Host], Runner]


_LOOK_SECONDS = 0.1


def _nothing() -> None:
    """Confirm what is not held: there is nothing to ask."""


@dataclass(slots=True)
class _Opened:
    site: Site
    runner: Runner
    lock: ExitStack = field(default_factory=ExitStack)
    lost: Cancel = field(default_factory=Cancel)
    """Set when the lock is lost, or may be: the server does not answer its renewal any more."""
    taken: Cancel = field(default_factory=Cancel)
    """Set when another holder, or nobody, has the lock."""
    confirm: Callable[[], None] = _nothing
    beat: tuple[Command, ...] = ()
    """By which a job on the server renews the lock while it is held."""
    held: bool = False


class Environments:
    """Open environments on demand; everything is given back by `close`."""

    def __init__(  # noqa: PLR0913 - what the environments need of the world, each by name
        self, target: Target, config: Config, connect: Connect, http: Http, masker: Masker, holder: Holder
    ) -> None:
        self.target = target
        self.config = config
        self.connect = connect
        self.http = http
        self.masker = masker
        self.holder = holder
        self.strategy = ""
        """The rollout that was asked for; empty: the configuration's."""
        self.local: Runner | None = None
        """What runs hooks in the checkout."""
        self.allowed: tuple[str, ...] = ()
        """Migrations that may run although they break what serves meanwhile."""
        self.at_close: list[Callable[[], object]] = []
        """What to do when all environments are given back, such as leaving the VPN."""
        self.before: Callable[[str], None] = lambda _name: None
        """What to do before an environment is reached, such as joining the VPN."""
        self._opened: dict[str, _Opened] = {}
        self._guards: dict[str, threading.Lock] = {}
        self._closed = False

    def site(self, name: str) -> Site:
        """Give an environment's place."""
        return self._open(name).site

    def deployer(self, name: str, report: Callable[[str], None], cancel: Cancel) -> Deployer:
        """Give what changes the environment; losing the lock raises, and stops what is under way."""
        opened = self._open(name)
        opened.lost.check()
        context = Context(
            runner=opened.runner,
            http=self.http,
            site=opened.site,
            masker=self.masker,
            run=self.holder.run,
            who=self.holder.who,
            report=report,
            cancel=_Either(cancel, opened.lost),
            options=Options.of(self.config),
            rollout=ROLLOUTS[self.strategy or self.config.rollout],
            taken=opened.taken,
            confirm=opened.confirm,
            beat=opened.beat,
            local=self.local,
            allowed=self.allowed,
        )
        return Deployer(context)

    def lent(self, name: str, port: int) -> AbstractContextManager[None]:
        """Let an environment's server see a port of this machine as its own; 0: none."""
        lend = getattr(self._open(name).runner, "lend", None) if port else None
        return lend(port) if lend else nullcontext()

    def runner(self, name: str) -> Runner:
        """Give what runs commands on the environment's server."""
        return self._open(name).runner

    def lock(self, name: str, report: Callable[[str], None], cancel: Cancel) -> Lock:
        """Give the environment's lock, for looking at it or breaking it."""
        opened = self._open(name)
        return Lock(opened.runner, opened.site, report, cancel)

    def hold(self, name: str, report: Callable[[str], None], cancel: Cancel, *, wait: bool) -> None:
        """Hold the environment until `give_back` or `close`; holding twice is holding once."""
        opened = self._open(name)
        if opened.held:
            return
        lock = Lock(opened.runner, opened.site, report, _Losing(cancel, opened.lost, opened.taken))
        opened.lock.enter_context(lock.hold(self.holder, wait=wait))
        opened.confirm = partial(lock.confirm, self.holder)
        opened.beat = (lock.renewal(self.holder),)
        opened.held = True

    def give_back(self, name: str) -> None:
        """Release the environment for others; not holding it is fine."""
        opened = self._opened.get(name)
        if opened is not None and opened.held:
            opened.held, opened.confirm, opened.beat = False, _nothing, ()
            opened.lock.close()

    def close(self) -> None:
        """Release all and close the connections."""
        self._closed = True
        for name in tuple(self._opened):  # one may be reached ahead at this moment
            self.give_back(name)
            close = getattr(self._opened.pop(name).runner, "close", None)
            if close is not None:
                close()
        while self.at_close:
            with suppress(ShiplaneError):
                self.at_close.pop()()

    def reach(self, name: str) -> None:
        """Connect to an environment's server, for one that will be needed soon; whoever needs it hears of a failure."""
        with suppress(Exception):
            connect = None if self._closed else getattr(self._open(name).runner, "connect", None)
            if connect is not None:
                connect()

    def _open(self, name: str) -> _Opened:
        with self._guards.setdefault(name, threading.Lock()):
            if name not in self._opened:
                site = self.target.site(name)
                self.before(name)
                self._opened[name] = _Opened(site, self.connect(site.host))
            return self._opened[name]


class _Either(Cancel):
    """End on either of two cancels; the loss of the lock is told first, for it forbids an undo."""

    def __init__(self, step: Cancel, lost: Cancel) -> None:  # nothing of its own: all is asked of the two
        self._step = step
        self._lost = lost

    @property
    def error(self) -> ShiplaneError | None:
        return self._lost.error or self._step.error

    @error.setter
    def error(self, error: ShiplaneError | None) -> None:
        self._step.error = error

    @property
    def at_once(self) -> bool:
        return self._step.at_once

    @property
    def killed(self) -> bool:
        return self._step.killed

    @killed.setter
    def killed(self, killed: bool) -> None:
        self._step.killed = killed

    def set(self, error: ShiplaneError, *, at_once: bool = False) -> None:
        self._step.set(error, at_once=at_once)

    def is_set(self) -> bool:
        return self._lost.is_set() or self._step.is_set()

    def sleep(self, seconds: float) -> None:
        end = now() + seconds
        while (left := end - now()) > 0:
            self.check()
            self._step.sleep(min(left, _LOOK_SECONDS))
        self.check()

    def check(self) -> None:
        self._lost.check()
        self._step.check()


class _Losing(_Either):
    """Wait for the lock until the step is cancelled; report its loss to those who work under it."""

    def __init__(self, step: Cancel, lost: Cancel, taken: Cancel) -> None:
        super().__init__(step, lost)
        self._taken = taken

    def set(self, error: ShiplaneError, *, at_once: bool = False) -> None:
        if isinstance(error, Locked):
            self._taken.set(error, at_once=at_once)
        self._lost.set(error, at_once=at_once)
