"""One change of what serves: all of it, or none."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from shiplane.deploy import backups, hooks, phases, restore, services
from shiplane.deploy.failures import with_evidence
from shiplane.deploy.lines import by_kind
from shiplane.deploy.release_phase import ReleasePhase
from shiplane.deploy.survey import model
from shiplane.deploy.way_back import WayBack
from shiplane.errors import Locked, ShiplaneError, StepFailed, Unreachable

if TYPE_CHECKING:
    from shiplane.commands.login import RegistryLogin
    from shiplane.deploy.bundle import Bundle
    from shiplane.deploy.context import Context
    from shiplane.deploy.phases import Phase
    from shiplane.deploy.progress import Progress
    from shiplane.deploy.survey import State
    from shiplane.model import Command, Deployment, Release


@dataclass(frozen=True, slots=True)
class Attempt:
    """Try to put a release into service, one step after the other; where one fails, take the way back."""

    change: Progress

    @property
    def _context(self) -> Context:
        return self.change.context

    @property
    def _back(self) -> WayBack:
        return WayBack(self.change)

    def bring(self, bundle: Bundle, login: RegistryLogin | None) -> None:
        """Send files and fetch images; a failure leaves all as it was."""
        context = self._context
        with self._back.leaving_all():
            sent = context.execution().run(phases.bring(context.site, self.change.release.id, bundle.archive()))
            self._read(sent[-1].stdout)
            if self.change.adopted == "replaced":
                context.report(f"{self.change.release.id} was here with other files: written again")
            self._pull(login)

    def find(self, login: RegistryLogin | None) -> None:
        """Make sure of a release that is on the server: its services and its images."""
        with self._back.leaving_all():
            described = self._context.execution().run(phases.describe(self._context.site, self.change.release.id))
            self._read(described[-1].stdout)
            self._pull(login)

    def prepare(self) -> None:
        """Run the hooks before a deploy; one that fails leaves all as it was."""
        context, occasion = self._context, self.change.occasion
        self.change.doing = "run the pre-deploy hooks"
        with self._back.leaving_all():
            try:
                hooks.run_before(context, occasion)
            except BaseException:
                self._back.clear_after(context.options.hooks.pre_deploy)
                raise

    def settle(self) -> None:
        """End a change of the database that was cut off; what it has stopped is started by what follows."""
        phase = restore.settle(self._context.site, self._context.options, self.change.state.restore)
        if phase is None:
            return
        self._ready_data()
        self.change.doing = phase.title
        with self._back.leaving_all():
            self._context.execution().run(phase)

    def migrate(self) -> None:
        """Run the release command in the new image, the data services being up; what serves goes on meanwhile."""
        context, change = self._context, self.change
        self._ready_data()
        change.doing = f"run {' '.join(context.options.release_command)}"
        phase = ReleasePhase(context, change.release, change.state, change.before, change.adopted == "replaced")
        with self._back.leaving_all() if change.before else self._back.undoing():
            try:
                phase.run()
            finally:
                change.applied = phase.applied

    def restore_database(self, backup: str) -> None:
        """Load a backup beside the database that serves; the change will let it take its place."""
        context, change = self._context, self.change
        place, release = (context.site, context.options), change.release.id
        change.doing = f"load backup {backup}"
        with self._back.leaving_all():
            context.execution().run(restore.load(*place, backup))
        fresh = backups.name(context.stamp(), release)
        change.database = restore.change(*place, backup, fresh, release, change.before, change.state.model)
        change.applied = change.database.applied

    def finish_database(self) -> None:
        """Remove the database from before; where that fails it is in nobody's way."""
        try:
            self._context.execution().run(restore.finish(self._context.site, self._context.options))
        except ShiplaneError as failure:
            self._context.report(f"the database from before is still there: {failure.cause}")

    def switch(self) -> Deployment:
        """Roll out, verify, read back and record; a failure at any point brings back what served."""
        context, change = self._context, self.change
        self._know_before()
        words = self._decide()
        undo = self._back.commands()
        change.told(change.deployment)
        with self._back.undoing():
            change.doing = f"let {change.release.id} serve"
            context.execution().run(self._rollout(words, undo))
            after = self._check()
            change.doing = "run the post-deploy hooks"
            hooks.run_deciding(context, change.occasion)
            self._still_ours()
            ended = change.ended("deployed")
            change.record(ended, after)
        change.told(ended)
        context.report(f"{change.release.id} serves {change.deployment.url}")
        change.notes += hooks.run_after(context, change.occasion)
        return ended

    def _still_ours(self) -> None:
        """Raise `Locked` where another run has come meanwhile: what it wrote down has to stay the last word."""
        try:
            self._context.confirm()
        except Locked:
            raise
        except ShiplaneError:
            return  # a host that cannot be asked does not keep the record either

    def _know_before(self) -> None:
        """Read which services the release has that a failure brings back: the survey tells of the current one."""
        context, change = self._context, self.change
        if change.before in (None, change.state.current):
            change.served = change.state.model
            return
        with self._back.leaving_all():
            try:
                described = context.execution().run(phases.describe(context.site, str(change.before)))
                change.served = model(by_kind(described[-1].stdout.splitlines()), context.site.folder)
            except Unreachable as failure:
                # No reason to keep what may mend it from being deployed.
                context.report(f"{change.before} could not be brought back wholly: {failure.cause}")

    def _decide(self) -> tuple[str, ...]:
        """Decide what happens to each service, tell of it, and give it as the rollout is told."""
        change, options, after = self.change, self._context.options, self.change.model
        if after is None:
            return ()
        change.decided = services.decisions(change.state, after, options)
        if change.database:
            change.decided = change.database.decide(change.decided, after, options)
        for decision in change.decided:
            self._context.report(f"{decision.verb} {decision.service}: {decision.why}")
        return services.words(change.decided, after, options)

    def _rollout(self, words: tuple[str, ...], undo: tuple[Command, ...]) -> Phase:
        context, change = self._context, self.change
        place = (context.site, change.release.id, context.options)
        phase = phases.switch(*place, context.rollout, words, undo, change.longer)
        phase = change.database.lead(phase) if change.database else phase
        return replace(phase, commands=(*phase.commands, *change.reopen))

    def _check(self) -> State:
        """See that the release answers and runs, that all of it stayed well, and give what is on the server."""
        context = self._context
        try:
            self.change.verify(self.change.release.id, self.change.deployment.url, context.cancel)
            after = context.survey()
            check_digests(self.change.release, after)
            self._note_restarts(after)
            if not after.stayed_well(self.change.state):
                raise StepFailed("not every service stayed well", "see why it ended")  # noqa: TRY301 - one of three
        except StepFailed as failure:
            raise with_evidence(context.runner, context.site, failure) from failure
        return after

    def _note_restarts(self, after: State) -> None:
        """Tell of what died and was started again, though it is well now."""
        before = {container.id for container in self.change.state.containers}
        for container in after.containers:
            if container.restarts and container.id not in before:
                self.change.notes.append(f"{container.service} died and was started again, {container.restarts} times")

    def _read(self, text: str) -> None:
        found = by_kind(text.splitlines())
        self.change.adopted = next(iter(found.get("adopted", [])), self.change.adopted)
        self.change.model = model(found, self._context.site.folder)
        self.change.missing = tuple(found.get("missing", []))

    def _pull(self, login: RegistryLogin | None) -> None:
        """Fetch what the server's engine lacks; where it has all, the registry may be gone."""
        if self.change.missing:
            self._context.execution().run(phases.pull(self._context.site, self.change.release.id, login))

    def _ready_data(self) -> None:
        """Start the data services where they do not run."""
        known = self.change.model.services if self.change.model else {}
        data = tuple(service for service in self._context.options.data_services if service in known)
        if set(data) - {c.service for c in self.change.state.containers if c.status == "running"}:
            self._start_data(data)

    def _start_data(self, data: tuple[str, ...]) -> None:
        site, options = self._context.site, replace(self._context.options, data_services=data)
        first = self.change.before is None
        self.change.doing = f"start {', '.join(data)}"
        if first:
            self.change.told(self.change.deployment)
        serving = self.change.state.model
        new = () if first or serving is None else tuple(name for name in data if name not in serving.services)
        with self._back.undoing() if first else self._back.leaving_all():
            self._context.execution().run(phases.data(site, self.change.release.id, options, first=first, new=new))


def check_digests(release: Release, after: State) -> None:
    """Compare what runs with the release; raises `StepFailed` with each difference."""
    running, wanted = after.running_digests(release), release.digests()
    wrong = [name for name in wanted if running.get(name) != wanted[name]]
    if wrong:
        told = [f"{name}: {running.get(name, 'nothing')} runs instead of {wanted[name]}" for name in wrong]
        raise StepFailed(f"other digests run than those of {release.id}: {told[0]}", "deploy again", told)
