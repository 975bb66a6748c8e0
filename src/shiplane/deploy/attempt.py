"""One change of what serves: all of it, or none."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, NoReturn

from shiplane.deploy import backups, hooks, phases, records, restore, retention, services
from shiplane.deploy.execution import NotTakenBack, TakenBack
from shiplane.deploy.failures import with_evidence
from shiplane.deploy.lines import by_kind
from shiplane.deploy.migrations import Applied
from shiplane.deploy.release_phase import ReleasePhase
from shiplane.deploy.survey import Entry, model
from shiplane.errors import DeployBroken, DeployUndone, Interrupted, Locked, ShiplaneError, StepFailed, Unreachable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from shiplane.commands.login import RegistryLogin
    from shiplane.config import Hook
    from shiplane.deploy.bundle import Bundle
    from shiplane.deploy.context import Context
    from shiplane.deploy.phases import Options
    from shiplane.deploy.services import Decision, Model
    from shiplane.deploy.survey import State
    from shiplane.model import Command, Deployment, Release
    from shiplane.runners.base import Cancel


@dataclass(slots=True)
class Attempt:
    """Try to put `release` into service on a server that was in `state`; `told` hears how it ended.

    `adopted` is what the server had of the release when it was sent: new, same or replaced; `model` describes its
    services, `missing` are images that its engine lacks, `decided` is what happens to each service. `doing` is what
    was last begun. `told` hears nothing of an attempt that fails before anything that serves was changed.
    """

    context: Context
    release: Release
    state: State
    deployment: Deployment
    told: Callable[[Deployment], None]
    adopted: str = field(default="same", init=False)
    doing: str = field(default="", init=False)
    model: Model | None = field(default=None, init=False)
    missing: tuple[str, ...] = field(default=(), init=False)
    decided: tuple[Decision, ...] = field(default=(), init=False)
    notes: list[str] = field(default_factory=list, init=False)
    applied: Applied = field(default_factory=Applied, init=False)
    database: restore.Change | None = field(default=None, init=False)

    @property
    def before(self) -> str | None:
        """Name the release that served, where its files are still there."""
        entry = self.state.serving
        return entry.deployment.release if entry and entry.deployment.release in self.state.releases else None

    def bring(self, bundle: Bundle, login: RegistryLogin | None) -> None:
        """Send files and fetch images; a failure leaves all as it was."""
        context = self.context
        with self._leaving_all():
            sent = context.execution().run(phases.bring(context.site, self.release.id, bundle.archive()))
            self._read(sent[-1].stdout)
            if self.adopted == "replaced":
                context.report(f"{self.release.id} was here with other files: written again")
            self._pull(login)

    def find(self, login: RegistryLogin | None) -> None:
        """Make sure of a release that is on the server: its services and its images."""
        described = self.context.execution().run(phases.describe(self.context.site, self.release.id))
        self._read(described[-1].stdout)
        self._pull(login)

    def prepare(self) -> None:
        """Run the hooks before a deploy; one that fails leaves all as it was."""
        context, occasion = self.context, self._occasion
        self.doing = "run the pre-deploy hooks"
        with self._leaving_all():
            try:
                hooks.run_before(context, occasion)
            except BaseException:
                self._clear_after(context.options.hooks.pre_deploy)
                raise

    def _clear_after(self, ran: Sequence[Hook]) -> None:
        """Remove what a hook's container needed, such as a network, where nothing was there before."""
        if self.before is None and not self.state.containers and any(hook.on == "host" for hook in ran):
            clear = phases.clear(self.context.site, self._there)
            with contextlib.suppress(ShiplaneError):
                self.context.execution(self.context.taken).run(phases.cleaning("remove what was started", clear))

    @property
    def _there(self) -> tuple[str, ...]:
        """Name what was there before, which no undo may remove: containers and volumes."""
        return (*(container.id for container in self.state.containers), *self.state.volumes)

    @property
    def _occasion(self) -> hooks.Occasion:
        return hooks.Occasion(self.deployment.action, self.release.id, self.release.commit, self.before or "")

    def settle(self) -> None:
        """End a change of the database that was cut off; what it has stopped is started by what follows."""
        phase = restore.settle(self.context.site, self.context.options, self.state.restore)
        if phase is None:
            return
        self._ready_data()
        self.doing = phase.title
        with self._leaving_all():
            self.context.execution().run(phase)

    def migrate(self) -> None:
        """Run the release command in the new image, the data services being up; what serves goes on meanwhile."""
        context, options = self.context, self.context.options
        self._ready_data()
        self.doing = f"run {' '.join(options.release_command)}"
        phase = ReleasePhase(context, self.release, self.state, self.before, self.adopted == "replaced")
        with self._leaving_all() if self.before else self._clearing():
            try:
                phase.run()
            finally:
                self.applied = phase.applied

    def restore_database(self, backup: str) -> None:
        """Load a backup beside the database that serves; the change will let it take its place."""
        context, site, options = self.context, self.context.site, self.context.options
        self.doing = f"load backup {backup}"
        with self._leaving_all():
            context.execution().run(restore.load(site, options, backup))
        fresh = backups.name(context.stamp(), self.release.id)
        self.database = restore.change(site, options, backup, fresh, self.release.id, self.before, self.state.model)
        self.applied = self.database.applied

    def finish_database(self) -> None:
        """Remove the database from before; where that fails it is in nobody's way."""
        try:
            self.context.execution().run(restore.finish(self.context.site, self.context.options))
        except ShiplaneError as failure:
            self.context.report(f"the database from before is still there: {failure.cause}")

    def change(self) -> Deployment:
        """Roll out, verify, read back and record; a failure at any point brings back what served."""
        context, site = self.context, self.context.site
        self.decided = decisions(self.state, self.model, context.options) if self.model else ()
        if self.database and self.model:
            self.decided = self.database.decide(self.decided, self.model, context.options)
        for decision in self.decided:
            context.report(f"{decision.verb} {decision.service}: {decision.why}")
        words = services.words(self.decided, self.model, context.options) if self.model else ()
        undo = self._undo_commands()
        self.told(self.deployment)
        with self._undoing():
            self.doing = f"let {self.release.id} serve"
            switch = phases.switch(site, self.release.id, context.options, context.rollout, words, undo)
            switch = self.database.lead(switch) if self.database else switch
            context.execution().run(replace(switch, commands=(*switch.commands, *self._reopen)))
            after = self._check()
            self.doing = "run the post-deploy hooks"
            hooks.run_deciding(context, self._occasion)
            ended = self._ended("deployed")
            self._record(ended, after)
        self.told(ended)
        context.report(f"{self.release.id} serves {self.deployment.url}")
        self.notes += hooks.run_after(context, self._occasion)
        return ended

    def _check(self) -> State:
        """See that the release answers and runs, that all of it stayed well, and give what is on the server."""
        context = self.context
        try:
            self._verify(self.release.id, self.deployment.url, context.cancel)
            after = context.survey()
            check_digests(self.release, after)
            self._note_restarts(after)
            if not after.stayed_well(self.state):
                raise StepFailed("not every service stayed well", "see why it ended")  # noqa: TRY301 - one of three
        except StepFailed as failure:
            raise with_evidence(context.runner, context.site, failure) from failure
        return after

    def _note_restarts(self, after: State) -> None:
        """Tell of what died and was started again, though it is well now."""
        before = {container.id for container in self.state.containers}
        for container in after.containers:
            if container.restarts and container.id not in before:
                self.notes.append(f"{container.service} died and was started again, {container.restarts} times")

    def _read(self, text: str) -> None:
        found = by_kind(text.splitlines())
        self.adopted = next(iter(found.get("adopted", [])), self.adopted)
        self.model = model(found, self.context.site.folder)
        self.missing = tuple(found.get("missing", []))

    def _pull(self, login: RegistryLogin | None) -> None:
        """Fetch what the server's engine lacks; where it has all, the registry may be gone."""
        if self.missing:
            self.context.execution().run(phases.pull(self.context.site, self.release.id, login))

    def _ready_data(self) -> None:
        """Start the data services where they do not run."""
        known = self.model.services if self.model else {}
        data = tuple(service for service in self.context.options.data_services if service in known)
        if set(data) - {c.service for c in self.state.containers if c.status == "running"}:
            self._start_data(data)

    def _start_data(self, data: tuple[str, ...]) -> None:
        site, options = self.context.site, replace(self.context.options, data_services=data)
        first = self.before is None
        self.doing = f"start {', '.join(data)}"
        if first:
            self.told(self.deployment)
        with self._clearing() if first else self._leaving_all():
            self.context.execution().run(phases.data(site, self.release.id, options, first=first))

    @contextlib.contextmanager
    def _leaving_all(self) -> Iterator[None]:
        """Take the files back where the block fails: nothing that serves was changed."""
        context = self.context
        try:
            yield
        except BaseException as failure:
            self._tell_hooks(failure, "unchanged", self.before or "")
            if self.applied.backup or self.applied.migrations:
                with contextlib.suppress(ShiplaneError):
                    context.confirm()
                    self._record(self._ended("undone"))
            known = self.release.id in self.state.releases
            discard = phases.discard(context.site, self.release.id, known=known)
            with contextlib.suppress(ShiplaneError):
                context.confirm()  # what another holder has brought since is not ours to remove
                context.execution(context.taken).run(phases.cleaning("take back its files", discard))
            raise

    @contextlib.contextmanager
    def _undoing(self) -> Iterator[None]:
        try:
            yield
        except BaseException as failure:  # noqa: BLE001 - whatever happened, the server was changed
            self._undo(failure)

    _clearing = _undoing

    def _undo_commands(self) -> tuple[Command, ...]:
        """Give what the server does by itself where the change fails."""
        site, before = self.context.site, self.before
        if before is None:
            return (phases.clear(site, self._there),)
        words = services.undo_words(self.decided, self.state.model, self.context.options) if self.state.model else ()
        again = self.context.rollout(site, before, self.context.options, words)
        first = (phases.discard(site, self.release.id),) if self.adopted == "replaced" else ()
        return (*(self.database.back if self.database else ()), *first, *again, *self._reopen)

    @property
    def _reopen(self) -> tuple[Command, ...]:
        """Give what lets people in again, once what serves runs, where a change of the database has shut them out."""
        shut_out = self.database is not None or restore.STOPPED in self.state.restore
        return restore.reopen(self.context.site, self.context.options) if shut_out else ()

    def _verify(self, release_id: str, url: str, cancel: Cancel) -> None:
        self.doing = f"verify {release_id}"
        self.context.verify(release_id, cancel, url)

    def _undo(self, failure: BaseException) -> NoReturn:
        self._check_ours(failure)
        cause, fix, details = self._describe(failure)
        self.context.report(f"{self.release.id} failed: {cause}")
        head = f"{self.context.site.environment}: {self.release.id} failed: {cause}"
        try:
            self._restore(failure)
        except BaseException as second:  # noqa: BLE001 - the same
            self._check_ours(second)
            worse, _, more = self._describe(second)
            ended = self._ended("failed")
            self.told(ended)
            with contextlib.suppress(ShiplaneError):
                self._record(ended)
            self._tell_hooks(failure, "failed", "")
            what = f"{head}; bringing back {self.before or 'nothing'} failed too: {worse}"
            raise DeployBroken(what, self._by_hand(), (*details, *more)) from failure
        nothing = "what was there before was left" if self.state.containers else "nothing serves now"
        serves = f"{self.before} serves again" if self.before else f"nothing served before, {nothing}"
        raise DeployUndone(f"{head}; {serves}{self._kept()}", fix, details) from failure

    def _kept(self) -> str:
        """Say what an undo leaves as it is: the database."""
        names = ", ".join(self.applied.migrations)
        if not names or self.before is None:
            return ""
        if not self.applied.breaking:
            return f" (the database keeps {names})"
        back = f"invoke rollback --env {self.context.site.environment} --to {self.before} --restore-database"
        return f" on a database with {names}, which breaks it: {back}"

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

    def _restore(self, failure: BaseException) -> None:
        """Bring back what served, where the server has not done so; of what cancels, only a lost lock still counts."""
        context, site, cancel, before = self.context, self.context.site, self.context.taken, self.before
        if isinstance(failure, NotTakenBack):
            raise failure.undo
        discard = phases.discard(site, self.release.id)
        execution = context.execution(cancel)
        if not isinstance(failure, TakenBack):
            execution.run(phases.restore(site, before, context.options, self._undo_commands()))
        if before is not None:
            self._verify(before, self.state.url(site, before), cancel)
        self._tell_hooks(failure, "undone", before or "")
        if before is None or self.adopted == "new":
            execution.run(phases.cleaning(f"take back the files of {self.release.id}", discard))
        ended = self._ended("undone")
        self.told(ended)
        try:
            self._record(ended)
        except Unreachable as unwritten:
            # What served serves again, whether it was written down or not.
            self.notes.append(unwritten.cause)

    def _tell_hooks(self, failure: BaseException, outcome: str, serves: str) -> None:
        """Run the hooks of a failure, while the files of the release are still there."""
        cause, fix, _ = self._describe(failure)
        told = hooks.Failure(cause, fix, outcome, serves)
        self.notes += hooks.run_failed(self.context, self._occasion, told)
        self._clear_after(self.context.options.hooks.on_failure)

    def _record(self, ended: Deployment, after: State | None = None) -> None:
        """Write the audit; after a good end also tidy up, which may fail without consequences."""
        context = self.context
        applied = self.applied if ended.outcome == "deployed" else replace(self.applied, restored="")
        entry = Entry(ended, context.who, self.release.digests(), applied)
        tidy = retention.words(context, after, entry) if after is not None else ()
        said: list[str] = []
        try:
            completed = context.runner.run(records.record_command(context.site, entry, tidy), on_line=said.append)
            cause = f"{context.site.host.name} did not keep the record of the deployment"
            failure: ShiplaneError = Unreachable(cause, "look at its disk: df -h", completed.tail())
        except ShiplaneError as error:
            failure = error
        if records.RECORDED not in said:
            raise failure
        self.notes += said[said.index(records.RECORDED) + 1 :]

    def _ended(self, outcome: str) -> Deployment:
        return replace(self.deployment, outcome=outcome, finished_at=self.context.stamp())

    def _describe(self, failure: BaseException) -> tuple[str, str, tuple[str, ...]]:
        if isinstance(failure, TakenBack | NotTakenBack):
            failure = failure.failure
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


def decisions(state: State, after: Model, options: Options) -> tuple[Decision, ...]:
    """Decide what happens to each service when a release takes the place of what is on the server."""
    return services.decide(state.model, after, state.running, options, there=state.services)


def check_digests(release: Release, after: State) -> None:
    """Compare what runs with the release; raises `StepFailed` with each difference."""
    running, wanted = after.running_digests(release), release.digests()
    wrong = [name for name in wanted if running.get(name) != wanted[name]]
    if wrong:
        told = [f"{name}: {running.get(name, 'nothing')} runs instead of {wanted[name]}" for name in wrong]
        raise StepFailed(f"other digests run than those of {release.id}: {told[0]}", "deploy again", told)
