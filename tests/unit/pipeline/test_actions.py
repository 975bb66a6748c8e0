from __future__ import annotations

import dataclasses
import json
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from checkouts import make_checkout
from registries import RegistryMachine
from samples import COMMIT, CONFIG, HARD, make_facts, make_release
from shiplane.cli.targets import RemoteTarget
from shiplane.commands import buildx, cache, nox, vpn
from shiplane.config import Flaky, Signing, Vpn
from shiplane.deploy.lock import Holder
from shiplane.errors import (
    FlakyTests,
    Locked,
    NothingPublished,
    SignatureRefused,
    StepFailed,
    Unreachable,
    UsageError,
)
from shiplane.facts.inventory import Inventory
from shiplane.model import Deployment, Event, Image, Release, Secret, Step
from shiplane.pipeline.actions import Actions
from shiplane.pipeline.environments import Environments
from shiplane.pipeline.journal import Journal, read
from shiplane.pipeline.release_files import in_checkout
from shiplane.pipeline.results import Results
from shiplane.pipeline.reuse import Reuse
from shiplane.pipeline.store import Store
from shiplane.planning import make
from shiplane.planning.inputs import Declared
from shiplane.runners.base import Cancel, Masker
from shiplane.runners.recording import RecordingRunner
from worlds import SilentPublic

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from shiplane.deploy.bundle import Bundle

ENVIRON = {
    "CONTAINER_REGISTRY": "registry.test",
    "REPOSITORY_OWNER": "acme",
    "SERVER_HOST": "100.64.0.1",
    "SERVER_USER": "deploy",
    "SSH_PRIVATE_KEY": "key",
    "SSH_KNOWN_HOSTS": "known",
    "DB_PASSWORD": HARD,
    "REDIS_PASSWORD": HARD,
    "TS_OAUTH_CLIENT_ID": "id",
    "TS_OAUTH_SECRET": "tskey-client-abc",
}
LOCAL = {f"{name}:1.0.0-664a230c1f2e": f"sha256:{name}" for name in ("backend", "frontend")}
RELEASE = make_release()
TAILNET = dataclasses.replace(CONFIG, vpn=Vpn("tailscale"))
JOIN = vpn.up(Secret("TS_OAUTH_SECRET", "tskey-client-abc"), ("tag:ci",), "shiplane-staging")
PING = vpn.ping("100.64.0.1")


class Bench:
    """Carry out single steps with recordings."""

    def __init__(self, folder: Path, runner: RecordingRunner) -> None:
        self.runner = runner
        self.target = RemoteTarget(folder, TAILNET, ENVIRON)
        self.masker = Masker()
        self.server = RecordingRunner()
        holder = Holder("r1", "me", "here", 1)
        self.environments = Environments(
            self.target, TAILNET, lambda _host: self.server, SilentPublic(), self.masker, holder
        )
        self.store = Store(folder)
        self.reuse = Reuse(
            runner=runner,
            checkout=folder,
            config=TAILNET,
            environ=ENVIRON,
            results=Results(folder / "results", 1_000_000),
            run="1",
            items={},
            survey=lambda: Inventory({}),
        )
        self.journal = Journal(folder / "run")
        self.folder = folder
        self.said: list[str] = []

    def actions(self, **words: Any) -> Actions:  # noqa: ANN401 - handed on
        given = {"event": Event("push", "feature/x", COMMIT), "facts": make_facts(), "config": TAILNET} | words
        return Actions(
            runner=self.runner,
            checkout=self.folder,
            environ=ENVIRON,
            target=self.target,
            environments=self.environments,
            reuse=self.reuse,
            store=self.store,
            journal=self.journal,
            run="r1",
            **given,
        )

    def carry_out(self, action: str, step: Step | None = None, **words: Any) -> None:  # noqa: ANN401 - handed on
        chosen = step or Step(f"staging.{action}", "a step", environment="staging")
        self.actions(**words).table()[action](chosen, self.said.append, Cancel())


@pytest.fixture
def bench(tmp_path: Path) -> Callable[[RecordingRunner], Bench]:
    return lambda runner: Bench(make_checkout(tmp_path), runner)


def test_every_action_of_a_plan_is_carried_out_by_something(bench: Callable[[RecordingRunner], Bench]) -> None:
    made = bench(RecordingRunner())
    naming, event = made.target.naming(), Event("push", "main", COMMIT)
    plans = [
        make(event, TAILNET, make_facts(), target, naming, lambda _name: ((), ()), Declared(TAILNET, make_facts()))
        for target in ("lab", "remote")
    ]
    assert {step.action for plan in plans for step in plan.steps} <= set(made.actions().table())


def test_the_vpn_is_joined_with_its_secret_and_left_at_the_end(bench: Callable[[RecordingRunner], Bench]) -> None:
    made = bench(RecordingRunner([("tailscale status", '{"BackendState": "NeedsLogin"}', 0)]))
    made.carry_out("vpn")
    assert made.runner.commands == [vpn.status(), JOIN, PING]
    assert made.said == [f"$ {JOIN.masked()}", f"$ {PING.masked()}"]
    assert made.masker.mask("invalid key: tskey-client-abc") == "invalid key: ***"
    made.environments.close()
    assert made.runner.commands == [vpn.status(), JOIN, PING, vpn.logout()]


def test_a_machine_in_the_vpn_stays_in_it(bench: Callable[[RecordingRunner], Bench]) -> None:
    made = bench(RecordingRunner([("tailscale status", '{"BackendState": "Running"}', 0)]))
    made.carry_out("vpn")
    made.environments.close()
    assert made.runner.commands == [vpn.status(), PING]


@pytest.mark.parametrize(
    ("failing", "ran"), [("tailscale up", [vpn.status(), JOIN]), ("ping", [vpn.status(), JOIN, PING])]
)
def test_a_vpn_that_does_not_let_in(bench: Callable[[RecordingRunner], Bench], failing: str, ran: list[object]) -> None:
    made = bench(RecordingRunner([(failing, "backend error: invalid key", 1)]))
    with pytest.raises(Unreachable, match="the VPN cannot be joined") as caught:
        made.carry_out("vpn")
    assert caught.value.details == ("backend error: invalid key",)
    assert made.runner.commands == ran
    made.environments.close()
    assert made.runner.commands[-1] == vpn.logout()


def test_images_that_are_published_are_not_built_again(bench: Callable[[RecordingRunner], Bench]) -> None:
    machine = RegistryMachine()
    made = bench(machine)
    for name in ("backend", "frontend"):
        machine.remote[f"registry.test/acme/app-{name}:1.0.0-664a230c1f2e"] = f"sha256:{name}"
    made.carry_out("images", Step("publish.images", "images", commands=(nox.session("images", "production"),)))
    assert made.said == ["664a230c1f2e is published already: nothing to build"]
    assert [command.argv[1] for command in machine.commands] == ["buildx", "buildx"]


def test_images_that_are_not_published_are_built(bench: Callable[[RecordingRunner], Bench]) -> None:
    store = "26.1.5|[[driver-type io.containerd.snapshotter.v1]]"
    made = bench(RegistryMachine([("buildx inspect", "Driver: docker", 0), ("docker info", store, 0)]))
    made.carry_out("images", Step("publish.images", "images", commands=(nox.session("images", "production"),)))
    attested = json.dumps([buildx.provenance("machine:here"), "type=sbom"])
    told = (
        (cache.VARIABLE, str(made.journal.folder / "caches-production.json")),
        (buildx.ATTESTATIONS, attested),
    )
    build = made.runner.commands.index(dataclasses.replace(nox.session("images", "production"), env=told))
    saved = [command.argv[-1] for command in made.runner.commands[build:] if command.argv[1:3] == ("image", "save")]
    assert saved == ["backend:1.0.0-664a230c1f2e", "frontend:1.0.0-664a230c1f2e"]


def test_development_images_are_built_without_caches_where_no_registry_answers(
    bench: Callable[[RecordingRunner], Bench],
) -> None:
    made = bench(RecordingRunner([("docker login", "dial tcp: connection refused", 1)]))
    made.target.environ = {**ENVIRON, "REGISTRY_PASSWORD": HARD}
    step = Step("build.images", "images", commands=(nox.session("images", "development"),))
    made.carry_out("development", step)
    assert made.said[0] == "the build does without caches: registry registry.test does not answer"
    assert made.runner.commands[-1] == nox.session("images", "development")


def test_a_checkout_that_changed_during_the_run_is_not_published(bench: Callable[[RecordingRunner], Bench]) -> None:
    machine = RegistryMachine(local=LOCAL)
    made = bench(machine)
    with pytest.raises(StepFailed, match="the checkout changed during the run: it was 664a230c1f2e and is "):
        made.carry_out("publish", survey=lambda: make_facts("abcdef12"))
    assert made.store.release("remote", "664a230c1f2e") is None


def test_a_publish_is_remembered_with_its_files(bench: Callable[[RecordingRunner], Bench]) -> None:
    made = bench(RegistryMachine(local=LOCAL))
    made.carry_out("publish")
    release = made.store.release("remote", "664a230c1f2e")
    assert release is not None
    assert release.branch == "feature/x"
    assert made.store.release_files("remote", release.id)["docker-compose.yml"] == b"services: {}\n"
    [record] = read(made.journal.folder)
    assert (record["kind"], record["release"]) == ("release_published", release.to_json())


class Deployed:
    """Play a deployer whose rollback has a note."""

    before = Deployment("d1", "staging", "u", "two", "c2", "r0", "deploy", "deployed", "", "")
    deployment = Deployment(
        "d2",
        "staging",
        "u",
        "one",
        "c1",
        "r1",
        "rollback",
        "deployed",
        "2026-01-01T00:00:00Z",
        "2026-01-01T00:00:02.5Z",
    )

    def __init__(self, notes: list[str]) -> None:
        self.notes = notes

    def rollback(self, *_: object, restore_database: bool) -> Deployment:
        """Go back."""
        assert not restore_database
        return self.deployment

    def verify(self, release: str, url: str) -> None:
        """Look at an address."""
        self.notes.append(f"{release} at {url}")


def test_the_journal_says_who_did_what_from_what_to_what(
    bench: Callable[[RecordingRunner], Bench], monkeypatch: pytest.MonkeyPatch
) -> None:
    made = bench(RecordingRunner())
    monkeypatch.setattr(made.environments, "hold", lambda *_, **__: None)
    monkeypatch.setattr(made.environments, "deployer", lambda *_: Deployed(["an old image is still there"]))
    made.carry_out("rollback")
    note, told = read(made.journal.folder)
    assert (note["kind"], note["text"]) == ("note", "an old image is still there")
    assert (told["kind"], told["action"], told["who"], told["run"]) == ("deployed", "rollback", "me@here", "r1")
    assert (told["from_release"], told["from_commit"], told["release"], told["commit"]) == ("two", "c2", "one", "c1")
    assert (told["outcome"], told["seconds"], told["unchanged"]) == ("deployed", 2.5, False)
    assert made.masker.mask(HARD) == "***"


def journaled(bench: Callable[[RecordingRunner], Bench], patch: pytest.MonkeyPatch, **found: Any) -> dict[str, Any]:  # noqa: ANN401 - handed on
    """Give the one record of a rollback by a deployer that found this."""
    made, played = bench(RecordingRunner()), Deployed([])
    for name, value in found.items():
        setattr(played, name, value)
    patch.setattr(made.environments, "hold", lambda *_, **__: None)
    patch.setattr(made.environments, "deployer", lambda *_: played)
    made.carry_out("rollback")
    [record] = read(made.journal.folder)
    return record


@pytest.mark.parametrize("waits", [True, False])
@pytest.mark.parametrize("action", ["deploy", "e2e", "rollback"])
def test_a_pipeline_waits_for_who_holds_an_environment(
    bench: Callable[[RecordingRunner], Bench], monkeypatch: pytest.MonkeyPatch, *, action: str, waits: bool
) -> None:
    made, asked = bench(RecordingRunner()), list[bool]()

    def hold(*_words: object, wait: bool) -> None:
        asked.append(wait)
        raise Locked("staging", "run r7")

    monkeypatch.setattr(made.environments, "hold", hold)
    monkeypatch.setattr(Actions, "_pinned", lambda _self, release, *_: release)
    monkeypatch.setattr(Actions, "_bundle", lambda *_: SimpleNamespace(secrets=()))
    monkeypatch.setattr("shiplane.pipeline.environment_actions.Pinning.check", lambda *_: None)
    with pytest.raises(Locked):
        made.carry_out(action, release=make_release(), waits=waits)
    assert asked == [waits and action != "rollback"]


def test_what_served_already_is_nobody_s_deed(
    bench: Callable[[RecordingRunner], Bench], monkeypatch: pytest.MonkeyPatch
) -> None:
    told = journaled(bench, monkeypatch, before=Deployed.deployment)
    assert (told["from_release"], told["release"], told["unchanged"]) == ("one", "one", True)
    assert (told["who"], told["seconds"]) == ("", None)


def test_a_change_that_ended_before_the_switch_says_what_serves(
    bench: Callable[[RecordingRunner], Bench], monkeypatch: pytest.MonkeyPatch
) -> None:
    told = journaled(bench, monkeypatch, deployment=None)
    assert (told["kind"], told["text"]) == ("note", "staging was left as it was: two serves")


def test_a_release_that_was_gone_back_to_is_verified_where_it_answers(
    bench: Callable[[RecordingRunner], Bench], monkeypatch: pytest.MonkeyPatch
) -> None:
    made, played = bench(RecordingRunner()), Deployed([])
    monkeypatch.setattr(made.environments, "hold", lambda *_, **__: None)
    monkeypatch.setattr(made.environments, "deployer", lambda *_: played)
    table = made.actions().table()
    for action in ("rollback", "verify"):
        table[action](Step(f"staging.{action}", "a step", environment="staging"), made.said.append, Cancel())
    assert played.notes == ["one at u"]
    assert made.said == ["u answers healthy with one"]


class Promoted:
    """Let the release have passed on staging."""

    def __init__(self, *, served: bool) -> None:
        self.served = served

    def survey(self) -> SimpleNamespace:
        return SimpleNamespace(
            current=None, tested={RELEASE.id: RELEASE.digests()}, served=lambda _release: self.served
        )


@pytest.mark.parametrize(("served", "refused"), [(False, True), (True, False)])
def test_flaky_tests_keep_what_never_served_from_production(
    bench: Callable[[RecordingRunner], Bench],
    monkeypatch: pytest.MonkeyPatch,
    served: bool,  # noqa: FBT001 - a parameter
    refused: bool,  # noqa: FBT001 - the same
) -> None:
    made = bench(RecordingRunner())
    put: list[str] = []
    monkeypatch.setattr(made.environments, "deployer", lambda *_: Promoted(served=served))
    monkeypatch.setattr(Actions, "_put", lambda _self, name, release, *_: put.append(f"{release.id} on {name}"))
    for _ in range(2):
        _, folder = made.store.new_run({})
        slow = {"suite": "a", "name": "slow", "file": "", "line": 0, "message": "", "kind": "flaky"}
        Journal(folder).write("tests", stage="test", step="test.backend", failures=[slow])
    step = Step("production.promote", "promote", environment="production", action="promote")
    words = {"release": RELEASE, "config": dataclasses.replace(TAILNET, flaky=Flaky(2))}
    if refused:
        with pytest.raises(FlakyTests, match=r"slow \(in 2 of the last 2 runs\)"):
            made.carry_out("promote", step, **words)
    else:
        made.carry_out("promote", step, **words)
    assert put == ([] if refused else [f"{RELEASE.id} on production"])


SIGNED = dataclasses.replace(TAILNET, signing=Signing("", "signers"))


@pytest.mark.parametrize("action", ["deploy", "promote"])
@pytest.mark.parametrize("signature", ["", "a signature"], ids=["missing", "foreign"])
def test_what_no_signer_signed_is_refused_before_a_byte_is_sent(
    bench: Callable[[RecordingRunner], Bench], action: str, signature: str
) -> None:
    made = bench(RecordingRunner([("find-principals", "No principal matched.", 255)]))
    (made.folder / "signers").write_text("")
    release = dataclasses.replace(RELEASE, signature=signature)
    with pytest.raises(SignatureRefused) as caught:
        made.carry_out(action, release=release, config=SIGNED)
    assert caught.value.exit_code == 8
    assert caught.value.details == (("No principal matched.",) if signature else ())
    assert made.server.commands == []


def test_a_publish_is_signed_once(bench: Callable[[RecordingRunner], Bench]) -> None:
    machine = RegistryMachine([("ssh-keygen -Y sign", "a signature", 0)], LOCAL)
    made = bench(machine)
    (made.folder / "key").write_text("")
    config = dataclasses.replace(TAILNET, signing=Signing("key"))
    for _ in range(2):
        made.carry_out("publish", config=config)
        release = made.store.release("remote", "664a230c1f2e")
        assert release is not None
        assert release.signature == "a signature\n"
    signed = [command for command in machine.commands if command.argv[0] == "ssh-keygen"]
    assert [command.stdin for command in signed] == [dataclasses.replace(release, signature="").signed_text]


class Received:
    """Keep what is to be deployed."""

    deployment = before = None

    def __init__(self) -> None:
        self.releases: list[Release] = []
        self.manifests: list[Release] = []
        self.notes: list[str] = []

    def deploy(self, release: Release, made: Bundle, *_: object) -> None:
        self.releases.append(release)
        self.manifests.append(Release.from_json(json.loads(made.files["manifest.json"].data)))


OTHERS = b'services: {db: {image: "${POSTGRES_IMAGE:-postgres:17}"}}\n'


@pytest.mark.parametrize("signature", ["", "a signature\n"], ids=["unsigned", "signed"])
def test_a_signed_release_is_completed_at_each_deploy_and_stays_what_was_signed(
    bench: Callable[[RecordingRunner], Bench], monkeypatch: pytest.MonkeyPatch, signature: str
) -> None:
    machine, received = RegistryMachine([("docker compose", '{"services": {}}', 0)]), Received()
    made = bench(machine)
    monkeypatch.setattr(made.environments, "hold", lambda *_, **__: None)
    monkeypatch.setattr(made.environments, "deployer", lambda *_: received)
    release = dataclasses.replace(RELEASE, signature=signature)
    made.store.save_release("remote", release)
    made.store.save_release_files("remote", release.id, in_checkout(made.folder) | {"docker-compose.yml": OTHERS})
    for digest in ("sha256:1", "sha256:2"):
        machine.remote["postgres:17"] = digest
        stored = made.store.release("remote", release.id)
        assert stored is not None
        made.carry_out("deploy", release=stored)
    first, second = ((("POSTGRES_IMAGE", Image("postgres:17", digest)),) for digest in ("sha256:1", "sha256:2"))
    stored = made.store.release("remote", release.id)
    if signature:
        assert [(each.third_party, each.asked) for each in received.releases] == [((), first), ((), second)]
        assert [stored, *received.manifests] == [release] * 3
    else:
        # Once is for all: production gets what staging got, whatever the tag names by then.
        assert [stored, *received.manifests] == [dataclasses.replace(release, third_party=first)] * 3


def test_a_release_that_is_published_again_keeps_the_images_of_others(
    bench: Callable[[RecordingRunner], Bench],
) -> None:
    machine = RegistryMachine(local=LOCAL)
    made = bench(machine)
    (made.folder / "docker-compose.yml").write_bytes(OTHERS)
    for minor, digest in enumerate(("sha256:1", "sha256:2")):
        machine.remote |= {"postgres:17": digest, f"postgres:17.{minor}": digest}
        made.carry_out("publish")
        release = made.store.release("remote", "664a230c1f2e")
        assert release is not None
        assert release.third_party == (("POSTGRES_IMAGE", Image("postgres:17", "sha256:1")),)


def test_a_key_that_is_not_there_ends_a_publish_before_anything_is_pushed(
    bench: Callable[[RecordingRunner], Bench],
) -> None:
    machine = RegistryMachine(local=LOCAL)
    with pytest.raises(UsageError, match="the key that signs releases is not there"):
        bench(machine).carry_out("publish", config=dataclasses.replace(TAILNET, signing=Signing("key")))
    assert machine.commands == []


@pytest.mark.parametrize("action", ["deploy", "promote"])
def test_nothing_is_deployed_without_a_release(bench: Callable[[RecordingRunner], Bench], action: str) -> None:
    made = bench(RecordingRunner())
    with pytest.raises(NothingPublished) as caught:
        made.carry_out(action)
    assert caught.value.cause == "no published release for commit 664a230c1f2e on the target remote"
    assert made.server.commands == []
