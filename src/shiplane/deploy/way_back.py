"""The way back from a change of what serves that fails: leave all as it was, or bring back what served."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, NoReturn

from shiplane.deploy import hooks, phases, services
from shiplane.deploy.execution import NotTakenBack, Refused, TakenBack
from shiplane.errors import DeployBroken, DeployUndone, Interrupted, Locked, ShiplaneError, Unreachable

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from shiplane.config import Hook
    from shiplane.deploy.context import Context
    from shiplane.deploy.progress import Progress
    from shiplane.model import Command


@dataclass(frozen=True, slots=True)
class WayBack:
    """Take back what a change has done until it failed."""

    change: Progress

    @property
    def _context(self) -> Context:
        return self.change.context

    @contextlib.contextmanager
    def leaving_all(self) -> Iterator[None]:
        """Take the files back where the block fails: nothing that serves was changed."""
        context, change = self._context, self.change
        try:
            yield
        except BaseException as failure:
            self._tell_hooks(failure, "unchanged", change.before or "")
            if change.applied.backup or change.applied.migrations:
                with contextlib.suppress(ShiplaneError):
                    context.confirm()
                    change.record(change.ended("undone"))
            discard = phases.discard(context.site, change.release.id, known=change.release.id in change.state.releases)
            with contextlib.suppress(ShiplaneError):
                context.confirm()  # what another holder has brought since is not ours to remove
                context.execution(context.taken).run(phases.cleaning("take back its files", discard))
            raise

    @contextlib.contextmanager
    def undoing(self) -> Iterator[None]:
        """Bring back what served where the block fails; raises `DeployUndone` or `DeployBroken`.

        Raises `Locked` where another run came before anything was changed.
        """
        try:
            yield
        except Refused as refused:
            self.change.told(self.change.ended("undone"))
            raise refused.failure from refused
        except BaseException as failure:  # noqa: BLE001 - whatever happened, the server was changed
            self._undo(failure)

    def commands(self) -> tuple[Command, ...]:
        """Give what the server does by itself where the change fails."""
        change, site, options = self.change, self._context.site, self._context.options
        if change.before is None:
            return (self._clear,)
        again = self._context.rollout(site, change.before, options, self._words())
        files = (phases.discard(site, change.release.id),) if change.adopted == "replaced" else ()
        return (*(change.database.back if change.database else ()), *files, *again, *change.reopen)

    def _words(self) -> tuple[str, ...]:
        """Tell what the way back does with each service, by the model of the release that it leads to."""
        change, options, served = self.change, self._context.options, self.change.served
        if served is None:
            return ()
        decided = change.decided
        if change.before != change.state.current:
            # What a change that was cut off has brought is another one's: it is taken back with this one.
            decided = (*decided, *services.decisions(change.state, served, options))
        return services.undo_words(decided, served, options)

    def _undo(self, failure: BaseException) -> NoReturn:
        change = self.change
        self._check_ours(failure)
        cause, fix, details = self._describe(failure)
        self._context.report(f"{change.release.id} failed: {cause}")
        head = f"{self._context.site.environment}: {change.release.id} failed: {cause}"
        try:
            self._restore(failure)
        except BaseException as second:  # noqa: BLE001 - the same
            self._check_ours(second)
            worse, _, more = self._describe(second)
            self._tell_broken(failure)
            what = f"{head}; bringing back {change.before or 'nothing'} failed too: {worse}"
            raise DeployBroken(what, self._by_hand(), (*details, *more)) from failure
        nothing = "what was there before was left" if change.state.containers else "nothing serves now"
        serves = f"{change.before} serves again" if change.before else f"nothing served before, {nothing}"
        raise DeployUndone(f"{head}; {serves}{self._kept()}", fix, details) from failure

    def _tell_broken(self, failure: BaseException) -> None:
        ended = self.change.ended("failed")
        self.change.told(ended)
        with contextlib.suppress(ShiplaneError):
            self.change.record(ended)
        self._tell_hooks(failure, "failed", "")

    def _kept(self) -> str:
        """Say what an undo leaves as it is: the database."""
        names = ", ".join(self.change.applied.migrations)
        if not names or self.change.before is None:
            return ""
        if not self.change.applied.breaking:
            return f" (the database keeps {names})"
        back = f"invoke rollback --env {self._context.site.environment} --to {self.change.before} --restore-database"
        return f" on a database with {names}, which breaks it: {back}"

    def _check_ours(self, failure: BaseException) -> None:
        """Raise `DeployBroken` where another holder has the environment: nothing there is ours to change."""
        try:
            if isinstance(failure, Locked):
                raise failure
            self._context.taken.check()
            self._context.confirm()
        except Locked as taken:
            self.change.told(self.change.ended("failed"))
            what = f"{self._context.site.environment}: taken over while {self.change.release.id} was put into service"
            known = f"{self.change.before or 'nothing'} served before, last begun: {self.change.doing}"
            raise DeployBroken(
                f"{what}: {taken.cause}; nothing more was changed; {known}", self._by_hand()
            ) from failure
        except ShiplaneError:
            return  # whoever cannot be asked: the undo finds out itself

    def _restore(self, failure: BaseException) -> None:
        """Bring back what served, where the server has not done so; of what cancels, only a lost lock still counts."""
        if isinstance(failure, NotTakenBack):
            raise failure.undo
        context, change, before = self._context, self.change, self.change.before
        execution = context.execution(context.taken)
        if not isinstance(failure, TakenBack):
            words = (context.site, before, context.options, self.commands(), change.longer)
            execution.run(phases.restore(*words))
        if before is not None:
            change.verify(before, change.state.url(context.site, before), context.taken)
        self._tell_hooks(failure, "undone", before or "")
        if before is None or change.adopted == "new":
            discard = phases.discard(context.site, change.release.id)
            execution.run(phases.cleaning(f"take back the files of {change.release.id}", discard))
        ended = change.ended("undone")
        change.told(ended)
        try:
            change.record(ended)
        except Unreachable as unwritten:
            # What served serves again, whether it was written down or not.
            change.notes.append(unwritten.cause)

    def _tell_hooks(self, failure: BaseException, outcome: str, serves: str) -> None:
        """Run the hooks of a failure, while the files of the release are still there."""
        cause, fix, _ = self._describe(failure)
        told = hooks.Failure(cause, fix, outcome, serves)
        self.change.notes += hooks.run_failed(self._context, self.change.occasion, told)
        self.clear_after(self._context.options.hooks.on_failure)

    def clear_after(self, ran: Sequence[Hook]) -> None:
        """Remove what a hook's container needed, such as a network, where nothing was there before."""
        if self.change.before is None and not self.change.state.containers and any(hook.on == "host" for hook in ran):
            clear = phases.cleaning("remove what was started", self._clear)
            with contextlib.suppress(ShiplaneError):
                self._context.execution(self._context.taken).run(clear)

    @property
    def _clear(self) -> Command:
        """Give what removes all that was not there before."""
        state = self.change.state
        current = state.current if state.current and state.keeps(state.current) else None
        kept = (*(container.id for container in state.containers), *state.volumes)
        return phases.clear(self._context.site, current, kept)

    def _describe(self, failure: BaseException) -> tuple[str, str, tuple[str, ...]]:
        if isinstance(failure, TakenBack | NotTakenBack):
            failure = failure.failure
        if isinstance(failure, KeyboardInterrupt):
            failure = Interrupted()
        if isinstance(failure, ShiplaneError):
            return failure.cause, failure.fix, failure.details
        text = self._context.masker.mask(f"{type(failure).__name__}: {failure}")
        return text, "this is a bug in Shiplane; please report it with the run's journal", ()

    def _by_hand(self) -> str:
        site, host = self._context.site, self._context.site.host
        look = f"ssh -p {host.port} {host.user}@{host.address} 'cd {site.folder} && docker compose ps -a'"
        return f"look at it: {look}; then deploy again, or: invoke rollback --env {site.environment}"
