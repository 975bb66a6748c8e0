"""What carries out the steps that put a release on an environment, or look at what runs there."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from shiplane.deploy.bundle import environment_secrets
from shiplane.deploy.containers import beside as images_beside
from shiplane.deploy.promotion import check_promotion, others_pinned
from shiplane.errors import NothingDeployed, NothingPublished, OtherServes, StepFailed, Unreachable, Unsafe, UsageError
from shiplane.pipeline import changes, e2e, order
from shiplane.pipeline.caches import Caches
from shiplane.pipeline.flaky import refuse_flaky
from shiplane.pipeline.image_actions import ImageActions
from shiplane.pipeline.journal import read
from shiplane.pipeline.known_images import KnownImages
from shiplane.pipeline.pinning import Pinning
from shiplane.pipeline.release_files import bundle_of
from shiplane.pipeline.reuse import reused
from shiplane.pipeline.signatures import Signatures
from shiplane.pipeline.tunnel import Tunnel
from shiplane.planning.naming import TEST_RUNNER

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from shiplane.config import Config
    from shiplane.deploy.bundle import Bundle
    from shiplane.deploy.rollout import Deployer
    from shiplane.deploy.survey import State
    from shiplane.facts.checkout import CheckoutFacts
    from shiplane.model import Deployment, Event, Outcome, Release, Secret, Step
    from shiplane.pipeline.environments import Environments
    from shiplane.pipeline.journal import Journal
    from shiplane.pipeline.reuse import Reuse
    from shiplane.pipeline.store import Store
    from shiplane.pipeline.target import Target
    from shiplane.runners.base import Cancel, Runner

    Say = Callable[[str], None]


@dataclass(kw_only=True, eq=False)
class EnvironmentActions:
    """Hold the parts of one run, and what one step learns for another; carry out the steps that meet an environment.

    `release` is the release that the run makes or was told to deploy; `rollback_to` names one to go back to, and
    `restore_database` whether with the database from before. `waits` tells that an environment which another run holds
    is waited for; a rollback never does. `only_forward` tells that production takes nothing older than what serves.
    """

    runner: Runner
    checkout: Path
    environ: Mapping[str, str]
    config: Config
    facts: CheckoutFacts
    event: Event
    target: Target
    environments: Environments
    reuse: Reuse
    store: Store
    journal: Journal
    run: str
    release: Release | None = None
    rollback_to: str | None = None
    restore_database: bool = False
    waits: bool = True
    only_forward: bool = False
    lab_up: Callable[[Runner, Say], None] | None = None
    survey: Callable[[], CheckoutFacts] | None = None
    deployed: Deployment | None = field(default=None, init=False)

    def __post_init__(self) -> None:
        hide = self.environments.masker.add
        self.signatures = Signatures(self.runner, self.checkout, self.environ, self.config.signing, hide)
        self.pinning = Pinning(self.runner, self.environ, self.config, self.target)
        self.known = KnownImages(self.reuse, self.config, self.facts, self.target)
        self.images = ImageActions(
            runner=self.runner,
            checkout=self.checkout,
            environ=self.environ,
            config=self.config,
            facts=self.facts,
            target=self.target,
            known=self.known,
            caches=Caches(self.config, self.facts, self.event, self.target, self.checkout, self.environ),
            folder=self.journal.folder,
            machine=self.environments.holder.host,
            note=self._note,
            survey=self.survey,
            http=self.environments.http,
        )

    def _note(self, text: str) -> None:
        self.journal.write("note", text=text)

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
        release = self._pinned(release, say, cancel)
        self._put(step.environment, release, self._bundle(step.environment, release), "deploy", say, cancel)

    def _promote(self, step: Step, say: Say, cancel: Cancel) -> None:
        """Deploy to production what passed on staging, or what served in production before; raises `Unsafe`."""
        release = self._known_release()
        self.signatures.require(release, say)
        release = self._pinned(release, say, cancel)
        looks = [self.environments.deployer(name, say, cancel).survey for name in ("staging", step.environment)]
        with ThreadPoolExecutor(len(looks) + 2) as pool:
            # Three places at once, and what is sent is made meanwhile; what the servers say is heard first.
            compared = pool.submit(self._compare_registry, release, say, cancel)
            made = pool.submit(self._bundle, step.environment, release)
            staging, production = pool.map(lambda look: look(), looks)
        served = production.served(release.id)
        on_staging = staging.current == release.id
        check_promotion(
            release,
            staging.running_digests(release) if on_staging else None,
            staging.tested.get(release.id),
            served_in_production=served,
            running_beside=_beside(staging, release) if on_staging else (),
            tested_beside=staging.tested_beside.get(release.id, ()),
            main=self.config.main_branch,
            allow_dirty=self.target.allows_edits,
        )
        compared.result()
        if not served:
            refuse_flaky(((folder.name, read(folder)) for folder in self.store.run_folders()), self.config.flaky)
        say(
            f"{release.id} may go to {step.environment}: "
            + ("it served there before" if served else "E2E passed on it")
        )
        self._put(step.environment, release, made.result(), "promote", say, cancel)

    def _compare_registry(self, release: Release, say: Say, cancel: Cancel) -> None:
        """Refuse a release whose tags name something else by now; raises `Unsafe`.

        One that cannot be asked, or has no such tag any more, says nothing about what the server may hold already.
        """
        with self.images.opened(say, cancel) as opened:
            for name, image in release.images:
                try:
                    digest = opened.digest(image.reference)
                except Unreachable as error:
                    say(f"not compared with the registry: {error.cause}")
                    return
                if digest not in (None, image.digest):
                    cause = f"{image.reference} is {digest} in the registry, and {name} was tested as {image.digest}"
                    raise Unsafe(cause, "find out who overwrote it, and ship a new commit")

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

    def _put(  # noqa: PLR0913 - what is put where, and how, each by name
        self, name: str, release: Release, made: Bundle, action: str, say: Say, cancel: Cancel
    ) -> None:
        """Hold the environment and put a release on it."""
        self.environments.hold(name, say, cancel, wait=self.waits)
        deployer = self.environments.deployer(name, say, cancel)
        accept = self._in_order(release, say) if action == "promote" else lambda _: None
        login = self.target.server_login()
        self.images.bring_up(say, cancel)
        try:
            with self.environments.lent(name, self.target.carried):
                done = deployer.deploy(release, made, login, action, accept)
        finally:
            changes.tell(self.journal, deployer, self.environments.holder.who)
        self.deployed = done

    def _in_order(self, release: Release, say: Say) -> Callable[[State], None]:
        """Give what refuses a release that is older than what serves, by `OlderRelease`. The lab takes any."""
        only_forward = self.only_forward and not self.target.allows_edits

        def check(state: State) -> None:
            told = order.told(self.runner, state, release, only_forward=only_forward)
            if told:
                say(told)

        return check

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
        """Make what is sent to an environment; raises `ComposeUnfit` where Compose says that it must not be."""
        site = self.environments.site(name)
        kept = self.store.release_files(self.target.name, release.id)
        made = bundle_of(self.runner, self.config, site, release, kept, self.target.secrets(name))
        self.environments.masker.add(*made.secrets)
        self.pinning.check(site, made)
        return made

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
            with ThreadPoolExecutor(1) as pool:
                # What the tests are is asked here while the server says what runs there.
                declared = pool.submit(lambda: () if step.inputs is None else self.reuse.now(step.inputs))
                state = self._check_running(deployer, release)
            site, beside = self.environments.site(name), _beside(state, release)
            depends = e2e.depends_on(declared.result(), site, release, beside)
            known = self.reuse.find(step.id, depends) if depends else None
            if known is not None:
                told = (state.tested.get(release.id), state.tested_beside.get(release.id))
                if told != (release.digests(), beside):
                    deployer.mark_tested(release, beside)
                return reused(f"the same tests passed on the same digests in run {known.run}", known.run)
            reports = self.journal.folder / "e2e"
            reports.mkdir(exist_ok=True)
            secrets = self._environment_secrets(name)
            image = self.reuse.made.get(TEST_RUNNER, TEST_RUNNER)
            words = (self.runner, self.checkout, self.target.name, image, site, release, self.run, secrets, reports)
            e2e.run_against(*words, say, cancel)
            deployer.mark_tested(release, beside | _beside(self._check_running(deployer, release), release))
            if depends:
                self.reuse.keep_found(step.id, depends, {}, say)
            return None
        finally:
            self.environments.give_back(name)

    def _tested_release(self, deployer: Deployer) -> Release:
        if self.release is None:
            self.release = deployer.survey().current_release(deployer.site.environment)
        return self.release

    def _check_running(self, deployer: Deployer, release: Release) -> State:
        state = deployer.survey()
        if state.current not in (None, release.id):
            by = state.serving.deployment if state.serving else None
            run = by.run if by is not None and by.release == state.current else ""
            raise OtherServes(deployer.site.environment, state.current, run, release.id)
        running, other = state.running_digests(release), others_pinned(release, _beside(state, release))
        if other or running != release.digests():
            found = ", ".join(other) or running or "nothing of"
            raise StepFailed(
                f"the environment changed under the test: it runs {found} instead of {release.id}",
                f"see what runs there: invoke status --env {deployer.site.environment}; then run it again",
            )
        return state

    def _environment_secrets(self, name: str) -> dict[str, Secret]:
        return environment_secrets(self.environments.site(name), self.target.secrets(name))

    def _known_release(self) -> Release:
        if self.release is None:
            raise NothingPublished(f"commit {self.facts.suffix}", self.target.name)
        return self.release


def _beside(state: State, release: Release) -> frozenset[str]:
    return images_beside(state.containers, (image for _, image in release.images))
