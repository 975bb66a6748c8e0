"""One change of what serves: all of it, or none."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, NoReturn

from shiplane.deploy import phases, records
from shiplane.deploy.survey import Entry
from shiplane.errors import DeployBroken, DeployUndone, Interrupted, Locked, ShiplaneError, StepFailed, Unreachable

if TYPE_CHECKING:
    from collections.abc import Callable

    from shiplane.commands.login import RegistryLogin
    from shiplane.deploy.bundle import Bundle
    from shiplane.deploy.context import Context
    from shiplane.deploy.phases import Phase
    from shiplane.deploy.survey import State
    from shiplane.model import Deployment, Release
    from shiplane.runners.base import Cancel


@dataclass(slots=True)
class Attempt:
    """Try to put `release` into service on a server that was in `state`; `told` hears how it ended.

    `adopted` is what the server had of the release when it was sent: new, same or replaced. `doing` is what was
    last begun. `told` hears nothing of an attempt that fails before anything that serves was changed.
    """

    context: Context
    release: Release
    state: State
    deployment: Deployment
    told: Callable[[Deployment], None]
    adopted: str = field(default="same", init=False)
    doing: str = field(default="", init=False)

    @property
    def before(self) -> str | None:
        """Name the release that served, where its files are still there."""
        entry = self.state.serving
        return entry.deployment.release if entry and entry.deployment.release in self.state.releases else None

    def bring(self, bundle: Bundle, login: RegistryLogin | None) -> None:
        """Send files and fetch images; a failure leaves all as it was."""
        context = self.context
        execution = context.execution()
        try:
            sent = execution.run(phases.bring(context.site, self.release.id, bundle.archive()))
            self.adopted = sent[-1].stdout.strip()
            if self.adopted == "replaced":
                context.report(f"{self.release.id} was here with other files: written again")
            execution.run(phases.pull(context.site, self.release.id, login))
        except BaseException:
            known = self.release.id in self.state.releases
            with contextlib.suppress(ShiplaneError):
                context.confirm()  # what another holder has brought since is not ours to remove
                context.execution(context.taken).run(phases.discard(context.site, self.release.id, known=known))
            raise

    def change(self, *, migrate: bool) -> Deployment:
        """Roll out, verify, read back and record; a failure at any point brings back what served."""
        context = self.context
        rollout = context.rollout(context.site, self.release.id, context.options, migrate=migrate)
        self.told(self.deployment)
        try:
            self._roll_out(self.release.id, rollout, context.cancel)
            after = context.survey()
            check_digests(self.release, after)
            ended = self._ended("deployed")
            self._record(ended, after)
        except BaseException as failure:  # noqa: BLE001 - whatever happened, the server was changed
            self._undo(failure)
        self.told(ended)
        context.report(f"{self.release.id} serves {context.site.url}")
        return ended

    def _roll_out(self, release_id: str, rollout: tuple[Phase, ...], cancel: Cancel) -> None:
        for phase in rollout:
            self.doing = phase.title
            self.context.execution(cancel).run(phase)
        self.doing = f"verify {release_id}"
        self.context.verify(release_id, cancel)

    def _undo(self, failure: BaseException) -> NoReturn:
        self._check_ours(failure)
        cause, fix, details = self._describe(failure)
        self.context.report(f"{self.release.id} failed: {cause}")
        head = f"{self.context.site.environment}: {self.release.id} failed: {cause}"
        try:
            self._restore()
        except BaseException as second:  # noqa: BLE001 - the same
            self._check_ours(second)
            worse, _, more = self._describe(second)
            ended = self._ended("failed")
            self.told(ended)
            with contextlib.suppress(ShiplaneError):
                self._record(ended)
            what = f"{head}; bringing back {self.before or 'nothing'} failed too: {worse}"
            raise DeployBroken(what, self._by_hand(), (*details, *more)) from failure
        serves = f"{self.before} serves again" if self.before else "nothing served before, nothing serves now"
        raise DeployUndone(f"{head}; {serves}", fix, details) from failure

    def _check_ours(self, failure: BaseException) -> None:
        """Raise `DeployBroken` where another holder has the environment: nothing there is ours to change."""
        try:
            if isinstance(failure, Locked):
                raise failure
            self.context.taken.check()
            self.context.confirm()
        except Locked as taken:
            self.told(self._ended("failed"))
            what = f"{self.context.site.environment}: taken over while {self.release.id} was put into service"
            known = f"{self.before or 'nothing'} served before, last begun: {self.doing}"
            raise DeployBroken(
                f"{what}: {taken.cause}; nothing more was changed; {known}", self._by_hand()
            ) from failure
        except ShiplaneError:
            return  # whoever cannot be asked: the undo finds out itself

    def _restore(self) -> None:
        """Bring back what served, by the same rollout; of what cancels, only the loss of the lock still counts."""
        context, cancel, before = self.context, self.context.taken, self.before
        execution, discard = context.execution(cancel), phases.discard(context.site, self.release.id)
        if before is None:
            execution.run(phases.clear(context.site, self.state.volumes), discard)
        else:
            context.report(f"bring back {before}")
            if self.adopted == "replaced":
                execution.run(discard)
            self._roll_out(before, context.rollout(context.site, before, context.options, migrate=False), cancel)
            if self.adopted == "new":
                execution.run(discard)
        ended = self._ended("undone")
        self.told(ended)
        self._record(ended)

    def _record(self, ended: Deployment, after: State | None = None) -> None:
        """Write the audit; after a good end also remove what is outdated."""
        context = self.context
        entry = Entry(ended, context.who, self.release.digests())
        outdated: tuple[str, ...] = ()
        if after is not None:
            now = replace(after, entries=(*after.entries, entry))
            outdated = records.outdated(now, self.release.id, context.options.kept)
        completed = context.runner.run(records.record_command(context.site, entry, outdated))
        if not completed.ok:
            cause = f"{context.site.host.name} did not keep the record of the deployment"
            raise Unreachable(cause, "look at its disk: df -h", completed.tail())

    def _ended(self, outcome: str) -> Deployment:
        return replace(self.deployment, outcome=outcome, finished_at=self.context.stamp())

    def _describe(self, failure: BaseException) -> tuple[str, str, tuple[str, ...]]:
        if isinstance(failure, KeyboardInterrupt):
            failure = Interrupted()
        if isinstance(failure, ShiplaneError):
            return failure.cause, failure.fix, failure.details
        text = self.context.masker.mask(f"{type(failure).__name__}: {failure}")
        return text, "this is a bug in Shiplane; please report it with the run's journal", ()

    def _by_hand(self) -> str:
        site, host = self.context.site, self.context.site.host
        look = f"ssh -p {host.port} {host.user}@{host.address} 'cd {site.folder} && docker compose ps -a'"
        return f"look at it: {look}; then deploy again, or: invoke rollback --env {site.environment}"


def check_digests(release: Release, after: State) -> None:
    """Compare what runs with the release; raises `StepFailed` with each difference."""
    running, wanted = after.running_digests(release), release.digests()
    wrong = [name for name in wanted if running.get(name) != wanted[name]]
    if wrong:
        told = [f"{name}: {running.get(name, 'nothing')} runs instead of {wanted[name]}" for name in wrong]
        raise StepFailed(f"other digests run than those of {release.id}: {told[0]}", "deploy again", told)
