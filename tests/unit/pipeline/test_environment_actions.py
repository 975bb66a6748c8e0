from __future__ import annotations

import dataclasses
import json
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, Never

import pytest

from checkouts import make_checkout
from registries import RegistryMachine
from samples import HARD, make_release
from shiplane.commands import vpn
from shiplane.config import Flaky, Signing
from shiplane.deploy.containers import Container
from shiplane.deploy.survey import Entry, State
from shiplane.errors import (
    ComposeUnfit,
    FlakyTests,
    Locked,
    NothingPublished,
    OlderRelease,
    OtherServes,
    SignatureRefused,
    StepFailed,
    Unreachable,
    Unsafe,
)
from shiplane.model import Deployment, Image, Release, Secret, Step
from shiplane.pipeline.actions import Actions
from shiplane.pipeline.environments import Environments
from shiplane.pipeline.journal import Journal, read
from shiplane.pipeline.release_files import in_checkout
from shiplane.pipeline.reuse import Reuse
from shiplane.runners.base import Cancel
from shiplane.runners.recording import RecordingRunner
from stepping import OTHERS, TAILNET, Bench

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from shiplane.deploy.bundle import Bundle

RELEASE = make_release()
JOIN = vpn.up(Secret("TS_OAUTH_SECRET", "tskey-client-abc"), ("tag:ci",), "shiplane-staging")
PING = vpn.ping("100.64.0.1")


@pytest.fixture
def bench(tmp_path: Path) -> Callable[[RecordingRunner], Bench]:
    return lambda runner: Bench(make_checkout(tmp_path), runner)


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


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shiplane.pipeline.tunnel.PATIENCE_SECONDS", 0.0)


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize(
    ("failing", "ran", "cause", "fix"),
    [
        ("tailscale up", [JOIN], "the VPN cannot be joined", "check TS_OAUTH_CLIENT_ID, TS_OAUTH_SECRET"),
        ("ping", [JOIN, PING], "100.64.0.1 does not answer in the VPN", "see that it is up and in the VPN, and that"),
    ],
)
def test_a_vpn_that_does_not_let_in(
    bench: Callable[[RecordingRunner], Bench], failing: str, ran: list[object], cause: str, fix: str
) -> None:
    made = bench(RecordingRunner([(failing, "the client's words", 1)]))
    with pytest.raises(Unreachable) as caught:
        made.carry_out("vpn")
    assert (caught.value.cause, caught.value.details) == (cause, ("the client's words",))
    assert caught.value.fix.startswith(fix)
    assert ("TS_OAUTH" in caught.value.fix) == (failing == "tailscale up")
    assert made.runner.commands == [vpn.status(), *ran]
    made.environments.close()
    assert made.runner.commands[-1] == vpn.logout()


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
        self.release = make_release("one")

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
    assert told["manifest"] == make_release("one").to_json()
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


class Staging:
    """Play a staging where `serving` serves, by run r42; a deploy puts its release there."""

    site = SimpleNamespace(environment="staging")
    deployment = before = None
    notes: tuple[str, ...] = ()

    def __init__(self, log: list[str], serving: str = "", run: str = "r42") -> None:
        self.log, self.serving, self.run = log, serving, run
        self.tested: dict[str, dict[str, str]] = {}
        self.containers: tuple[Container, ...] = ()
        self.marked: frozenset[str] = frozenset()

    def deploy(self, release: Release, *words: Any) -> None:  # noqa: ANN401 - as it is called
        accept = words[-1]
        accept(self.survey())
        self.log.append(f"deploy {release.id}")
        self.serving = release.id

    def verify(self, release: str, _url: str) -> None:
        self.log.append(f"verify {release}")

    def mark_tested(self, release: Release, beside: frozenset[str]) -> None:
        self.log.append(f"tested {release.id}")
        self.marked = beside

    def survey(self) -> State:
        put = dataclasses.replace(Deployed.deployment, release=self.serving, run=self.run)
        entries = (Entry(put, "ada@laptop", {}),) if self.run else ()
        return Running(
            current=self.serving or None,
            entries=entries,
            containers=self.containers,
            tested=self.tested,
            tested_beside=dict.fromkeys(self.tested, self.marked),
        )


class Running(State):
    """Run all that is asked for."""

    def running_digests(self, release: Release) -> dict[str, str]:
        return release.digests()


@pytest.fixture
def staging(bench: Callable[[RecordingRunner], Bench], monkeypatch: pytest.MonkeyPatch) -> tuple[Bench, Staging]:
    """Give a bench and a staging whose log also tells of the browser and of the environment's lock."""
    log: list[str] = []
    made, played = bench(RecordingRunner([("docker compose", '{"services": {}}', 0)])), Staging(log)
    monkeypatch.setattr(made.environments, "deployer", lambda *_: played)
    monkeypatch.setattr(Environments, "hold", lambda _self, name, *_, **__: log.append(f"hold {name}"))
    monkeypatch.setattr(Environments, "give_back", lambda _self, name: log.append(f"give back {name}"))
    monkeypatch.setattr("shiplane.pipeline.e2e.run_against", lambda *_: log.append("browser tests"))
    made.store.save_release_files("remote", RELEASE.id, in_checkout(made.folder))
    return made, played


def test_a_deploy_with_its_tests_holds_staging_to_their_end(staging: tuple[Bench, Staging]) -> None:
    made, played = staging
    table = made.actions(release=RELEASE).table()
    for step in ("staging.deploy", "staging.verify", "e2e.tests"):
        action = {"e2e.tests": "e2e"}.get(step, step.partition(".")[2])
        table[action](Step(step, "a step", environment="staging"), made.said.append, Cancel())
    done = [f"deploy {RELEASE.id}", f"verify {RELEASE.id}", "hold staging", "browser tests", f"tested {RELEASE.id}"]
    assert played.log == ["hold staging", *done, "give back staging"]


def test_tests_that_are_known_to_pass_are_written_down_once(
    staging: tuple[Bench, Staging], monkeypatch: pytest.MonkeyPatch
) -> None:
    made, played = staging
    played.serving = RELEASE.id
    monkeypatch.setattr("shiplane.pipeline.e2e.depends_on", lambda *_: {"tests": "the same"})
    monkeypatch.setattr(Reuse, "find", lambda *_: SimpleNamespace(run="41"))
    made.carry_out("e2e", release=RELEASE)
    assert played.log == ["hold staging", f"tested {RELEASE.id}", "give back staging"]
    played.tested = {RELEASE.id: RELEASE.digests()}
    made.carry_out("e2e", release=RELEASE)
    assert played.log[3:] == ["hold staging", "give back staging"]
    played.containers = (postgres("sha256:p"),)
    made.carry_out("e2e", release=RELEASE)
    assert played.log[5:] == ["hold staging", f"tested {RELEASE.id}", "give back staging"]
    assert played.marked == {"postgres@sha256:p"}


@pytest.mark.parametrize(("run", "since"), [("r42", " since run r42"), ("", "")], ids=["recorded", "cut off"])
def test_tests_of_a_release_that_another_one_followed_are_not_begun(
    staging: tuple[Bench, Staging], run: str, since: str
) -> None:
    made, played = staging
    played.serving, played.run = "two", run
    with pytest.raises(OtherServes) as caught:
        made.carry_out("e2e", release=RELEASE)
    told = f"staging serves two{since}, and not {RELEASE.id}: nothing is told of {RELEASE.id}"
    assert (caught.value.cause, caught.value.exit_code) == (told, 5)
    assert caught.value.fix.endswith(f"invoke deploy --env staging --release {RELEASE.id} --e2e")
    assert played.log == ["hold staging", "give back staging"]


def test_tests_during_which_another_release_came_say_nothing(
    staging: tuple[Bench, Staging], monkeypatch: pytest.MonkeyPatch
) -> None:
    made, played = staging
    played.serving = RELEASE.id
    monkeypatch.setattr("shiplane.pipeline.e2e.run_against", lambda *_: setattr(played, "serving", "two"))
    with pytest.raises(OtherServes, match=r"^staging serves two since run r42, and not "):
        made.carry_out("e2e", release=RELEASE)
    assert f"tested {RELEASE.id}" not in played.log


def test_what_runs_otherwise_than_its_release_says_is_a_failure(
    staging: tuple[Bench, Staging], monkeypatch: pytest.MonkeyPatch
) -> None:
    made, played = staging
    played.serving = RELEASE.id
    monkeypatch.setattr(Running, "running_digests", lambda *_: {})
    with pytest.raises(StepFailed, match=f"it runs nothing of instead of {RELEASE.id}"):
        made.carry_out("e2e", release=RELEASE)


def postgres(digest: str) -> Container:
    name = f"postgres@{digest}"
    return Container("db", False, "h", "c", name, (name,), {"Status": "running"}, 0, "")  # noqa: FBT003 - not once


WITH_OTHERS = dataclasses.replace(RELEASE, third_party=(("POSTGRES_IMAGE", Image("postgres:17", "sha256:p")),))


def test_tests_tell_beside_which_images_of_others_they_passed(staging: tuple[Bench, Staging]) -> None:
    made, played = staging
    played.serving, played.containers = RELEASE.id, (postgres("sha256:p"),)
    made.carry_out("e2e", release=WITH_OTHERS)
    assert played.marked == {"postgres@sha256:p"}


@pytest.mark.parametrize("when", ["before", "meanwhile"])
def test_another_image_of_others_than_the_release_pins_is_a_failure(
    staging: tuple[Bench, Staging], monkeypatch: pytest.MonkeyPatch, when: str
) -> None:
    made, played = staging
    foreign = (postgres("sha256:x"),)
    played.serving, played.containers = RELEASE.id, foreign if when == "before" else (postgres("sha256:p"),)
    monkeypatch.setattr("shiplane.pipeline.e2e.run_against", lambda *_: setattr(played, "containers", foreign))
    with pytest.raises(StepFailed, match=f"it runs postgres@sha256:x instead of {RELEASE.id}"):
        made.carry_out("e2e", release=WITH_OTHERS)
    assert f"tested {RELEASE.id}" not in played.log


class Promoted:
    """Let the release have passed on staging, beside these images of others, and serve there with `containers`."""

    def __init__(
        self, *, served: bool, beside: tuple[str, ...] = (), containers: tuple[Container, ...] | None = None
    ) -> None:
        self.served, self.beside, self.containers = served, beside, containers

    def survey(self) -> SimpleNamespace:
        return SimpleNamespace(
            current=None if self.containers is None else RELEASE.id,
            containers=self.containers,
            running_digests=lambda release: release.digests(),
            tested={RELEASE.id: RELEASE.digests()},
            tested_beside={RELEASE.id: frozenset(self.beside)},
            served=lambda _release: self.served,
        )


@pytest.mark.parametrize("signed", [False, True])
@pytest.mark.parametrize(
    ("tested", "runs", "refused"),
    [
        ("sha256:p", "sha256:p", ""),
        ("sha256:x", "sha256:p", "E2E passed beside postgres@sha256:x, for which "),
        ("sha256:p", "sha256:x", "staging runs postgres@sha256:x, for which "),
    ],
)
def test_production_gets_the_images_of_others_that_were_tested(  # noqa: PLR0913 - a case
    bench: Callable[[RecordingRunner], Bench],
    monkeypatch: pytest.MonkeyPatch,
    tested: str,
    runs: str,
    refused: str,
    *,
    signed: bool,
) -> None:
    """What a signed release lacks is asked for when it is promoted: the tag may have moved since it was tested."""
    made, put = bench(RegistryMachine()), list[Release]()
    made.runner.remote["postgres:17"] = "sha256:p"  # type: ignore[attr-defined]
    deployer = Promoted(served=False, beside=(f"postgres@{tested}",), containers=(postgres(runs),))
    monkeypatch.setattr(made.environments, "deployer", lambda *_: deployer)
    monkeypatch.setattr(Actions, "_bundle", lambda *_: None)
    monkeypatch.setattr(Actions, "_put", lambda _self, _name, release, *_: put.append(release))
    release = dataclasses.replace(RELEASE, signature="a signature\n") if signed else WITH_OTHERS
    made.store.save_release_files("remote", release.id, in_checkout(made.folder) | {"docker-compose.yml": OTHERS})
    if refused:
        with pytest.raises(Unsafe, match=f"^{refused}{RELEASE.id} has another digest$"):
            made.carry_out("promote", release=release)
        assert put == []
    else:
        made.carry_out("promote", release=release)
        [got] = put
        assert (*got.third_party, *got.asked) == WITH_OTHERS.third_party


@pytest.mark.parametrize("main", [True, False])
def test_what_cannot_be_sent_is_told_where_the_release_may_go(
    bench: Callable[[RecordingRunner], Bench],
    monkeypatch: pytest.MonkeyPatch,
    main: bool,  # noqa: FBT001 - a parameter
) -> None:
    """It is made while the servers are asked, and nothing is held before."""

    def unfit(*_: object) -> Never:
        raise ComposeUnfit("the compose files cannot go to production", ["db runs no image"])

    made, log = bench(RecordingRunner()), list[str]()
    made.store.save_release_files("remote", RELEASE.id, in_checkout(made.folder))
    monkeypatch.setattr(made.environments, "deployer", lambda *_: Promoted(served=False))
    monkeypatch.setattr(Environments, "hold", lambda _self, name, *_, **__: log.append(f"hold {name}"))
    monkeypatch.setattr(Actions, "_bundle", unfit)
    release = RELEASE if main else dataclasses.replace(RELEASE, branch="feature/x")
    with pytest.raises(ComposeUnfit if main else Unsafe):
        made.carry_out("promote", release=release)
    assert log == []


@pytest.mark.parametrize(("served", "refused"), [(False, True), (True, False)])
def test_flaky_tests_keep_what_never_served_from_production(
    bench: Callable[[RecordingRunner], Bench],
    monkeypatch: pytest.MonkeyPatch,
    served: bool,  # noqa: FBT001 - a parameter
    refused: bool,  # noqa: FBT001 - the same
) -> None:
    made = bench(RecordingRunner())
    made.store.save_release_files("remote", RELEASE.id, in_checkout(made.folder))
    put: list[str] = []
    monkeypatch.setattr(made.environments, "deployer", lambda *_: Promoted(served=served))
    monkeypatch.setattr(Actions, "_bundle", lambda *_: None)
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


@pytest.mark.parametrize(
    ("code", "only_forward", "lab", "put", "said"),
    [
        (1, True, False, True, ""),
        (128, True, False, True, f"whether {RELEASE.id} is newer than two cannot be told"),
        (0, False, False, True, f"{RELEASE.id} is older than two, which staging serves: going back to it"),
        (0, True, True, True, f"{RELEASE.id} is older than two, which staging serves: going back to it"),
        (0, True, False, False, ""),
    ],
    ids=["newer", "unknown", "by hand", "on the lab", "after a push"],
)
def test_production_goes_forward_after_a_push(  # noqa: PLR0913 - a case
    staging: tuple[Bench, Staging],
    monkeypatch: pytest.MonkeyPatch,
    code: int,
    said: str,
    *,
    only_forward: bool,
    lab: bool,
    put: bool,
) -> None:
    made, played = staging
    played.serving = "two"
    made.runner.answers.insert(0, ("git merge-base", "", code))
    monkeypatch.setattr(type(made.target), "allows_edits", lab)
    monkeypatch.setattr("shiplane.pipeline.environment_actions.check_promotion", lambda *_, **__: None)
    words = {"release": RELEASE, "only_forward": only_forward}
    if put:
        made.carry_out("promote", **words)
    else:
        with pytest.raises(OlderRelease, match=f"^{RELEASE.id} is older than two, which staging serves$"):
            made.carry_out("promote", **words)
    # Asked while it is held: nobody can put another one there meanwhile.
    assert played.log == ["hold staging", *([f"deploy {RELEASE.id}"] if put else [])]
    asked = [" ".join(command.argv) for command in made.runner.commands if command.argv[:2] == ("git", "merge-base")]
    assert asked == [f"git merge-base --is-ancestor {RELEASE.commit} c1"]
    assert [line for line in made.said if "two" in line] == [line for line in made.said if said and said in line]


@pytest.mark.parametrize("held", ["another", "nothing", "no answer"])
def test_a_release_whose_tag_was_overwritten_does_not_go_to_production(
    bench: Callable[[RecordingRunner], Bench], monkeypatch: pytest.MonkeyPatch, held: str
) -> None:
    answers = {
        "another": ('{"digest": "sha256:another"}', 0),
        "nothing": ("manifest unknown", 1),
        "no answer": ("connection refused", 1),
    }
    made, put = bench(RecordingRunner([("imagetools inspect", *answers[held])])), list[str]()
    made.store.save_release_files("remote", RELEASE.id, in_checkout(made.folder))
    monkeypatch.setattr(made.environments, "deployer", lambda *_: Promoted(served=False))
    monkeypatch.setattr(Actions, "_bundle", lambda *_: None)
    monkeypatch.setattr(Actions, "_put", lambda _self, name, release, *_: put.append(f"{release.id} on {name}"))
    if held == "another":
        with pytest.raises(Unsafe, match="is sha256:another in the registry, and backend was tested as"):
            made.carry_out("promote", release=RELEASE)
        assert put == []
    else:
        made.carry_out("promote", release=RELEASE)
        assert put == [f"{RELEASE.id} on staging"]


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


@pytest.mark.parametrize("action", ["deploy", "promote"])
def test_nothing_is_deployed_without_a_release(bench: Callable[[RecordingRunner], Bench], action: str) -> None:
    made = bench(RecordingRunner())
    with pytest.raises(NothingPublished) as caught:
        made.carry_out(action)
    assert caught.value.cause == "no published release for commit 664a230c1f2e on the target remote"
    assert made.server.commands == []
