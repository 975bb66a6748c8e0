"""Change what an environment serves, and say what it serves."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from shiplane.commands.compose import project
from shiplane.deploy import phases, records, restore, tls
from shiplane.deploy.attempt import Attempt
from shiplane.deploy.lines import by_kind
from shiplane.deploy.migrations import Applied
from shiplane.deploy.progress import Progress
from shiplane.deploy.services import ServiceAction, decisions
from shiplane.deploy.status import status
from shiplane.deploy.survey import Entry, model
from shiplane.deploy.verify import probe, status_url
from shiplane.errors import DatabaseAhead, NothingDeployed, Unsafe, UsageError
from shiplane.model import Deployment

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from shiplane.commands.login import RegistryLogin
    from shiplane.deploy.bundle import Bundle
    from shiplane.deploy.context import Context
    from shiplane.deploy.survey import State
    from shiplane.model import Release, Site


class Deployer:
    """Change what one environment serves. The caller holds the environment's lock.

    `deployment` is what the last call did, a failure included; None where it ended before anything was changed.
    `release` is what it was about. `before` is what served when it began (`deployment` itself where that is well),
    `notes` is what is to be told of it beside success and failure.
    """

    def __init__(self, context: Context) -> None:
        self._context = context
        self.deployment: Deployment | None = None
        self.release: Release | None = None
        self.notes: list[str] = []
        self.before: Deployment | None = None

    def deploy(
        self,
        release: Release,
        bundle: Bundle,
        login: RegistryLogin | None = None,
        action: str = "deploy",
        accept: Callable[[State], None] = lambda _: None,
    ) -> Deployment:
        """Put a release into service; what runs already is left alone.

        `accept` is shown what is on the server, and may raise. A failure before anything changed raises its own error,
        after that `DeployUndone` or `DeployBroken`.
        """
        context, self.deployment, self.release = self._context, None, release
        context.masker.add(*bundle.secrets)
        state = self._survey()
        accept(state)
        _refuse_strangers(context.site, state)
        if bundle.certificate is not None:
            tls.install(context, bundle.certificate, state.certificate)
        running = _running(context, state, release)
        if running is not None and state.checksum == bundle.checksum:
            return self._nothing_to_do(running)
        attempt = self._attempt(release, state, action, context.site.url)
        attempt.bring(bundle, login)
        attempt.prepare()
        attempt.settle()
        attempt.migrate()
        return attempt.switch()

    def rollback(
        self, to: str | None = None, login: RegistryLogin | None = None, *, restore_database: bool = False
    ) -> Deployment:
        """Put the release before, or the one named, back into service.

        The database stays as it is, unless a backup from before the migrations since then is to take its place.
        Raises `DatabaseAhead` where the release cannot run on it, `NoBackup` where there is none.
        """
        context, self.deployment = self._context, None
        state = self._survey()
        self.release = release = state.releases[rollback_target(context.site, state, to)]
        for line in restore.told(state, release.id):
            context.report(line)
        # Where a run before has brought the database back for this release and was cut off then, it is as it is to be.
        if restore.complete(state) and state.current == release.id:
            restore_database = False
        if restore_database:
            backup = restore.choose(context.site.environment, state, release.id)
        else:
            restore.check(context.site.environment, state, release.id)
            running = _running(context, state, release)
            if running is not None:
                return self._nothing_to_do(running)
        url = state.url(context.site, release.id)
        if url != context.site.url:
            context.report(f"{release.id} was made for {url}, and answers there instead of {context.site.url}")
        attempt = self._attempt(release, state, "rollback", url)
        attempt.find(login)
        attempt.prepare()
        attempt.settle()
        if not restore_database:
            return attempt.switch()
        attempt.restore_database(backup)
        ended = attempt.switch()
        attempt.finish_database()
        return ended

    def preview(self, release: Release, bundle: Bundle) -> tuple[ServiceAction, ...]:
        """Say what a deploy would do with each service; nothing is changed on the server."""
        context = self._context
        context.masker.add(*bundle.secrets)
        state = context.survey(services=True)
        if _running(context, state, release) is not None and state.checksum == bundle.checksum:
            return tuple(ServiceAction(name, "leave", f"{release.id} runs already") for name in state.services)
        said = context.execution().run(phases.preview(context.site, bundle.archive()))
        current = state.model.root if state.model else ""
        after = model(by_kind(said[-1].stdout.splitlines()), context.site.folder, current)
        return decisions(state, after, context.options) if after else ()

    def preview_rollback(self, to: str | None = None) -> list[str]:
        """Say where a rollback would go to and what that means for the database."""
        site, state = self._context.site, self.survey()
        target = rollback_target(site, state, to)
        try:
            restore.check(site.environment, state, target)
            found = f"{target} can serve on the database as it is"
        except DatabaseAhead as refusal:
            found = f"refused without --restore-database: {refusal.cause}"
        return [f"back to {target}", *restore.told(state, target), found]

    def backups(self) -> list[dict[str, Any]]:
        """List the backups of the database, newest first."""
        return [backup.to_json() for backup in reversed(self.survey().backups)]

    @property
    def site(self) -> Site:
        """Give the environment's place."""
        return self._context.site

    def verify(self, release_id: str, url: str = "") -> None:
        """Ask the public address until it answers healthy with the release; raises `StepFailed`.

        `url` is where an older release answers, where that is another address.
        """
        self._context.verify(release_id, url=url)

    def survey(self) -> State:
        """Look at the server."""
        return self._context.survey()

    def status(self) -> dict[str, Any]:
        """Say what runs, in the form of `invoke status --json`."""
        return status(self._context.site, self.survey())

    def releases(self) -> list[dict[str, Any]]:
        """List what could be rolled back to, newest first."""
        return records.releases(self.survey())

    def mark_tested(self, release: Release, beside: Iterable[str]) -> None:
        """Write down that E2E passed on exactly the digests of this release, `beside` these images of others."""
        context = self._context
        records.mark_tested(context.runner, context.site, release.id, release.digests(), beside)

    def _survey(self) -> State:
        """Look at the server, and tell what a run before has left behind."""
        state = self._context.survey(services=True)
        if state.left is not None:
            ended = f"ended with {state.left.code}" if state.left.code else "was cut off"
            self._context.report(f"a run before left this behind: {state.left.title!r} {ended}; going on from there")
        return self._with_restore(state)

    def _with_restore(self, state: State) -> State:
        """Write a restore down whose run was cut off before it could: its database serves, and people are let in.

        As a failed deployment, for nobody has seen the release answer.
        """
        context, release = self._context, state.releases.get(state.current or "")
        done = restore.complete(state)
        if done is None or release is None:
            return state
        backup, fresh = done
        if any(entry.applied.backup == fresh for entry in state.entries):
            return state
        context.report(f"a run before has brought backup {backup} back, and could not write it down: written now")
        draft = self._draft(release, "rollback", state.url(context.site, release.id))
        entry = Entry(draft, context.who, release.digests(), Applied(backup=fresh, restored=backup))
        records.write(context.runner, context.site, records.record_command(context.site, entry))
        return replace(state, entries=(*state.entries, entry))

    def _attempt(self, release: Release, state: State, action: str, url: str) -> Attempt:
        draft = self._draft(release, action, url)
        self.before = state.serving.deployment if state.serving else None
        change = Progress(self._context, release, state, draft, self._remember)
        self.notes = change.notes
        return Attempt(change)

    def _draft(self, release: Release, action: str, url: str) -> Deployment:
        """Give a deployment that has just begun, as it stands where it fails."""
        context, site = self._context, self._context.site
        started = context.stamp()
        number = "".join(digit for digit in started if digit.isdigit())
        return Deployment(
            id=f"{context.run}-{site.environment}-{number}",
            environment=site.environment,
            url=url,
            release=release.id,
            commit=release.commit,
            run=context.run,
            action=action,
            outcome="failed",
            started_at=started,
            finished_at=started,
        )

    def _nothing_to_do(self, running: Deployment) -> Deployment:
        self._context.report(f"{running.release} runs already with the same files and digests: nothing to do")
        self.before = running
        self._remember(running)
        return running

    def _remember(self, deployment: Deployment) -> None:
        self.deployment = deployment


def _running(context: Context, state: State, release: Release) -> Deployment | None:
    """Give the deployment by which a release runs, whole, well and answering; None where it does not."""
    entry = state.serving
    if entry is None or state.entries[-1].deployment.outcome == "failed" or not state.well:
        return None
    if restore.STOPPED in state.restore:
        return None
    same = entry.deployment.release == release.id == state.current
    if not same or state.running_digests(release) != release.digests():
        return None
    url = status_url(state.url(context.site, release.id), context.options)
    return entry.deployment if probe(context.http, url, release.id) is None else None


def rollback_target(site: Site, state: State, to: str | None) -> str:
    """Give the release that a rollback goes to: the one named, else the one that served before.

    Where a change was cut off before its end was written down, that is the last one that served well. Where the change
    led to one that had served before, it was a rollback most likely: it is ended, for what is recorded was to go.

    Raises `NothingDeployed`, `UnknownName` and, where there is none before, `UsageError`.
    """
    entry = state.serving
    if entry is None:
        raise NothingDeployed(site.environment)
    if to is not None:
        records.check_known(state, to)
        return to
    if state.current != entry.deployment.release and entry.deployment.release in state.releases:
        begun = state.current if state.current in state.releases and state.served(state.current) else None
        return begun or entry.deployment.release
    before = state.before(entry.deployment.release)
    if before is None:
        raise UsageError(
            f"{site.environment} has no release before {entry.deployment.release}",
            f"see what is kept: invoke releases --env {site.environment}",
        )
    return before


def _refuse_strangers(site: Site, state: State) -> None:
    """Refuse a first deploy into a project that runs without Shiplane: what it replaced could not be brought back."""
    if state.services and not (state.entries or state.releases or state.damaged or state.current):
        running, name = ", ".join(state.services), project(site)
        down = f"cd {site.folder} && docker compose -p {name} down"
        raise Unsafe(
            f"{site.environment}: the project {name} on {site.host.name} has containers already: {running}",
            f"end them there, their volumes stay for the first deploy: {down}",
        )
