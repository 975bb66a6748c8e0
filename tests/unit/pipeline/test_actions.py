from __future__ import annotations

import dataclasses
import json
from typing import TYPE_CHECKING

import pytest

from checkouts import make_checkout
from registries import RegistryMachine
from samples import COMMIT, HARD, make_facts
from shiplane.commands import buildx, cache, nox
from shiplane.config import Signing
from shiplane.errors import StepFailed, UsageError
from shiplane.model import Event, Image, Step
from shiplane.pipeline.journal import read
from shiplane.planning import make
from shiplane.planning.inputs import Declared
from shiplane.runners.recording import RecordingRunner
from stepping import ENVIRON, OTHERS, TAILNET, Bench

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

LOCAL = {f"{name}:1.0.0-664a230c1f2e": f"sha256:{name}" for name in ("backend", "frontend")}


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
