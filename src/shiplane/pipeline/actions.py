"""What carries out each kind of step."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from shiplane.commands import git
from shiplane.deploy.bundle import environment_secrets
from shiplane.deploy.promotion import check_promotion
from shiplane.errors import NothingDeployed, NothingPublished, StepFailed, Unsafe, UsageError
from shiplane.lab.images import ensure_images, stand_ins_used
from shiplane.pipeline import changes, e2e, publish, rebuilt
from shiplane.pipeline.caches import Caches
from shiplane.pipeline.execute import process_action
from shiplane.pipeline.flaky import refuse_flaky
from shiplane.pipeline.image_actions import ImageActions
from shiplane.pipeline.journal import read
from shiplane.pipeline.known_images import KnownImages
from shiplane.pipeline.pinning import Pinning
from shiplane.pipeline.release_files import bundle_of, in_checkout, schema_of
from shiplane.pipeline.reuse import reused
from shiplane.pipeline.signatures import Signatures
from shiplane.pipeline.tested import Recorder, sources
from shiplane.pipeline.tunnel import Tunnel
from shiplane.planning.naming import TEST_RUNNER
from shiplane.runners.base import Bound

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from shiplane.config import Config
    from shiplane.deploy.bundle import Bundle
    from shiplane.deploy.rollout import Deployer
    from shiplane.facts.checkout import CheckoutFacts
    from shiplane.model import Deployment, Event, Outcome, Release, Secret, Step
    from shiplane.pipeline.environments import Environments
    from shiplane.pipeline.execute import Action
    from shiplane.pipeline.journal import Journal
    from shiplane.pipeline.reuse import Reuse
    from shiplane.pipeline.store import Store
    from shiplane.pipeline.target import Target
    from shiplane.pipeline.tested import Source
    from shiplane.runners.base import Cancel, Runner

    Say = Callable[[str], None]


class Actions:
    """Carry out the steps of one run; what one step learns for another stands here.

    `release` is the release that the run makes or was told to deploy; `rollback_to` names one to go back to, and
    `restore_database` whether with the database from before. `waits` tells that an environment which another run holds
    is waited for; a rollback never does.
    """

    def __init__(  # noqa: PLR0913 - the run's parts, each by name
        self,
        *,
        runner: Runner,
        checkout: Path,
        environ: Mapping[str, str],
        config: Config,
        facts: CheckoutFacts,
        event: Event,
        target: Target,
        environments: Environments,
        reuse: Reuse,
        store: Store,
        journal: Journal,
        run: str,
        release: Release | None = None,
        rollback_to: str | None = None,
        restore_database: bool = False,
        waits: bool = True,
        lab_up: Callable[[Runner, Say], None] | None = None,
        survey: Callable[[], CheckoutFacts] | None = None,
    ) -> None:
        self.runner = runner
        self.checkout = checkout
        self.environ = environ
        self.config = config
        self.facts = facts
        self.event = event
        self.target = target
        self.environments = environments
        self.store = store
        self.journal = journal
        self.run = run
        self.release = release
        self.rollback_to = rollback_to
        self.restore_database = restore_database
        self.waits = waits
        self.deployed: Deployment | None = None
        self.lab_up = lab_up
        self.reuse = reuse
        self.signatures = Signatures(runner, checkout, environ, config.signing, environments.masker.add)
        self.pinning = Pinning(runner, environ, config, target)
        self.known = KnownImages(reuse, config, facts, target)
        self.images = ImageActions(
            runner=runner,
            checkout=checkout,
            environ=environ,
            config=config,
            facts=facts,
            target=target,
            known=self.known,
            caches=Caches(config, facts, event, target, checkout, environ),
            folder=journal.folder,
            machine=environments.holder.host,
            note=self._note,
            survey=survey,
            http=environments.http,
        )

    def table(self) -> dict[str, Action]:
        """Give the actions by the names that steps use."""
        tested = Recorder(self.journal, self.environments.masker.mask)
        return {
            "process": tested.watched(process_action(self.runner, self.reuse.made), self._reports),
            "bases": self._bases,
            "lab": self._lab,
            **self.images.table(),
            "publish": self._publish,
            "republish": partial(self._publish, anew=True),
            "vpn": self._vpn,
            "deploy": self._deploy,
            "promote": self._promote,
            "rollback": self._rollback,
            "verify": self._verify,
            "e2e": tested.watched(self._e2e, self._reports),
        }

    def _note(self, text: str) -> None:
        self.journal.write("note", text=text)

    def _reports(self, step: Step) -> tuple[Source, ...]:
        return sources(step, self.checkout, self.config, self.journal.folder)

    def _bases(self, _step: Step, say: Say, cancel: Cancel) -> None:
        made = ensure_images(Bound(self.runner, cancel), say)
        self.store.save_stand_ins(stand_ins_used(self.runner))
        say(f"made or pulled: {', '.join(made)}" if made else "all base images are here")

    def _lab(self, _step: Step, say: Say, cancel: Cancel) -> None:
        if self.lab_up is not None:
            self.lab_up(Bound(self.runner, cancel), say)

    def _require_main(self) -> None:
        """Refuse to call a commit main's that main does not hold; the lab takes a person's word for it."""
        main = self.config.main_branch
        if self.event.branch != main or self.target.allows_edits:
            return
        holders = (git.contains(self.facts.commit, name) for name in (main, f"origin/{main}"))
        if not any(self.runner.run(command).ok for command in holders):
            raise Unsafe(f"commit {self.facts.commit} is not on {main}", f"merge it into {main} first")

    def _publish(self, _step: Step, say: Say, cancel: Cancel, *, anew: bool = False) -> None:
        self._require_main()
        self.signatures.require_key()
        # What is deployed later is what was here when it was tested, whatever is edited meanwhile.
        files = in_checkout(self.checkout)
        others = self.pinning.wanted(files)
        with self.images.opened(say, cancel) as opened:
            known = publish.published(self.config, self.facts, self.target, opened)
            if anew:
                rebuilt.compare(self.runner, opened, known, self.facts, say, cancel)
            else:
                known |= self.known.find(opened, known, say)
            words = (self.config, self.facts, self.target, self.event.branch)
            made = publish.publish(self.runner, opened, known, *words, say, cancel)
            made = replace(made, third_party=self.pinning.resolve(opened, others, say))
        made = replace(made, schema=schema_of(self.checkout, self.config.migration_files))
        before = self.store.release(self.target.name, made.id)
        # Published again and the same in all but the time: what serves already stays the very same release.
        same = before is not None and replace(made, created_at=before.created_at, signature=before.signature) == before
        self.release = self.signatures.signed(before if before and same else made, say)
        self.images.require_unchanged()
        self.store.save_release_files(self.target.name, self.release.id, files)
        self.store.save_release(self.target.name, self.release)
        self.known.remember(self.release, say)
        self.journal.write("release_published", release=self.release.to_json())

    def _vpn(self, step: Step, say: Say, cancel: Cancel) -> None:
        """Join the VPN until the run ends; a machine that is in it already stays in it."""
        name = step.environment
        way = Tunnel(self.runner, self.config.vpn.tags, self.target.vpn_secret(name), say, cancel)
        self.environments.masker.add(way.secret)
        way.join(name, self.environments.at_close)
        way.reach(self.target.site(name).host.address)

    def _deploy(self, step: Step, say: Say, cancel: Cancel) -> None:
        release = self._known_release()
        self.signatures.require(release, say)
        self._put(step.environment, release, "deploy", say, cancel)

    def _promote(self, step: Step, say: Say, cancel: Cancel) -> None:
        """Deploy to production what passed on staging, or what served in production before; raises `Unsafe`."""
        release = self._known_release()
        self.signatures.require(release, say)
        staging = self.environments.deployer("staging", say, cancel).survey()
        production = self.environments.deployer(step.environment, say, cancel).survey()
        served = production.served(release.id)
        on_staging = staging.current == release.id
        check_promotion(
            release,
            staging.running_digests(release) if on_staging else None,
            staging.tested.get(release.id),
            served_in_production=served,
            main=self.config.main_branch,
            allow_dirty=self.target.allows_edits,
        )
        if not served:
            refuse_flaky(((folder.name, read(folder)) for folder in self.store.run_folders()), self.config.flaky)
        say(
            f"{release.id} may go to {step.environment}: "
            + ("it served there before" if served else "E2E passed on it")
        )
        self._put(step.environment, release, "promote", say, cancel)

    def _rollback(self, step: Step, say: Say, cancel: Cancel) -> None:
        self.environments.hold(step.environment, say, cancel, wait=False)
        deployer = self.environments.deployer(step.environment, say, cancel)
        # What is on the server is learned there: who goes back need not have the secrets at hand, or good ones.
        with suppress(UsageError):
            self.environments.masker.add(*self._environment_secrets(step.environment).values())
        words = (self.rollback_to, self.target.server_login())
        self.images.bring_up(say, cancel)
        try:
            with self.environments.lent(step.environment, self.target.carried):
                done = deployer.rollback(*words, restore_database=self.restore_database)
        finally:
            changes.tell(self.journal, deployer, self.environments.holder.who)
        self.deployed = done

    def _put(self, name: str, release: Release, action: str, say: Say, cancel: Cancel) -> None:
        """Hold the environment and put a release on it."""
        release = self._pinned(release, say, cancel)
        made = self._bundle(name, release)
        self.environments.masker.add(*made.secrets)
        self.pinning.check(self.environments.site(name), made)
        self.environments.hold(name, say, cancel, wait=self.waits)
        deployer = self.environments.deployer(name, say, cancel)
        login = self.target.server_login()
        self.images.bring_up(say, cancel)
        try:
            with self.environments.lent(name, self.target.carried):
                done = deployer.deploy(release, made, login, action)
        finally:
            changes.tell(self.journal, deployer, self.environments.holder.who)
        self.deployed = done

    def _pinned(self, release: Release, say: Say, cancel: Cancel) -> Release:
        """Give the release with the digests of all its images, and remember those that were asked for now.

        One that is signed stays as it was signed: its other images are asked for each time.
        """
        kept = self.store.release_files(self.target.name, release.id)
        found = self.pinning.completed(release, kept, lambda: self.images.opened(say, cancel), say)
        if found != release and not release.signature:
            self.store.save_release(self.target.name, found)
            self.release = found
        return found

    def _bundle(self, name: str, release: Release) -> Bundle:
        site = self.environments.site(name)
        kept = self.store.release_files(self.target.name, release.id)
        return bundle_of(self.runner, self.config, site, release, kept, self.target.secrets(name))

    def _verify(self, step: Step, say: Say, cancel: Cancel) -> None:
        deployer, done = self.environments.deployer(step.environment, say, cancel), self.deployed
        if done is not None and done.environment == step.environment:
            wanted, url = done.release, done.url  # an older release may answer at another address
        else:
            wanted = self.release.id if self.release else deployer.survey().current or ""
            url = self.environments.site(step.environment).url
        if not wanted:
            raise NothingDeployed(step.environment)
        deployer.verify(wanted, url)
        say(f"{url} answers healthy with {wanted}")
        if step.environment != "staging":
            self.environments.give_back(step.environment)

    def _e2e(self, step: Step, say: Say, cancel: Cancel) -> Outcome | None:
        """Test what runs; the digests that run are read back before and after."""
        name = step.environment
        self.environments.hold(name, say, cancel, wait=self.waits)
        try:
            deployer = self.environments.deployer(name, say, cancel)
            release = self._tested_release(deployer)
            self._check_running(deployer, release)
            depends = e2e.depends_on(self.reuse, step, self.environments.site(name), release)
            known = self.reuse.find(step.id, depends) if depends else None
            if known is not None:
                deployer.mark_tested(release)
                return reused(f"the same tests passed on the same digests in run {known.run}", known.run)
            reports = self.journal.folder / "e2e"
            reports.mkdir(exist_ok=True)
            secrets = self._environment_secrets(name)
            site = self.environments.site(name)
            image = self.reuse.made.get(TEST_RUNNER, TEST_RUNNER)
            e2e.run_against(self.runner, self.checkout, image, site, release, self.run, secrets, reports, say, cancel)
            self._check_running(deployer, release)
            deployer.mark_tested(release)
            if depends:
                self.reuse.keep_found(step.id, depends, {}, say)
            return None
        finally:
            self.environments.give_back(name)

    def _tested_release(self, deployer: Deployer) -> Release:
        if self.release is None:
            self.release = deployer.survey().current_release(deployer.site.environment)
        return self.release

    def _check_running(self, deployer: Deployer, release: Release) -> None:
        running = deployer.survey().running_digests(release)
        if running != release.digests():
            raise StepFailed(
                f"the environment changed under the test: it runs {running or 'nothing of'} instead of {release.id}",
                f"see what runs there: invoke status --env {deployer.site.environment}; then run it again",
            )

    def _environment_secrets(self, name: str) -> dict[str, Secret]:
        return environment_secrets(self.environments.site(name), self.target.secrets(name))

    def _known_release(self) -> Release:
        if self.release is None:
            raise NothingPublished(f"commit {self.facts.suffix}", self.target.name)
        return self.release
