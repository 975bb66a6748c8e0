from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from registries import RegistryMachine
from samples import COMMIT, CONFIG, NAMING, make_facts
from shiplane.cli.targets import LabTarget, RemoteTarget
from shiplane.errors import StepFailed, Unsafe
from shiplane.facts.let_through import LetThrough
from shiplane.model import Image
from shiplane.pipeline.publish import has_stand_ins, publish, published, refuse_unsafe
from shiplane.pipeline.registry import Registry

if TYPE_CHECKING:
    from pathlib import Path

    from shiplane.model import Release
    from shiplane.pipeline.target import Target

LOCAL = {f"{name}:1.0.0-664a230c1f2e": f"sha256:{name}" for name in ("backend", "frontend")}
PLACE = f"{NAMING.registry}/{NAMING.owner}"
OWN = {"REPOSITORY_OWNER": NAMING.owner, "CONTAINER_REGISTRY": NAMING.registry}


@pytest.fixture
def machine() -> RegistryMachine:
    return RegistryMachine(local=LOCAL)


@pytest.fixture
def target(tmp_path: Path) -> Target:
    return RemoteTarget(tmp_path, CONFIG, OWN)


def ship(machine: RegistryMachine, target: Target, branch: str = "main", edits: str = "") -> Release:
    registry, facts = Registry(machine, "", lambda _line: None, None), make_facts(edits)
    there = published(CONFIG, facts, target, registry)
    return publish(machine, registry, there, CONFIG, facts, target, branch, lambda _line: None, None)


def verbs(machine: RegistryMachine, verb: str) -> list[str]:
    return [command.argv[-1] for command in machine.commands if command.argv[1] == verb]


def test_every_tag_is_pushed_and_the_release_names_digests(machine: RegistryMachine, target: Target) -> None:
    release = ship(machine, target)
    tags = ("1.0.0-664a230c1f2e", "1.0.0", "main", "latest")
    expected = [f"{PLACE}/app-{name}:{tag}" for name in ("backend", "frontend") for tag in tags]
    assert verbs(machine, "push") == expected
    assert machine.remote == {name: f"sha256:{name.split(':')[0].removeprefix(f'{PLACE}/app-')}" for name in expected}
    assert (release.id, release.commit, release.branch, release.version) == ("664a230c1f2e", COMMIT, "main", "1.0.0")
    assert not release.dirty
    assert release.images == tuple(
        (name, Image(f"{PLACE}/app-{name}:1.0.0-664a230c1f2e", f"sha256:{name}")) for name in ("backend", "frontend")
    )


def test_what_is_published_already_is_the_result(machine: RegistryMachine, target: Target) -> None:
    first = ship(machine, target)
    machine.commands.clear()
    machine.local.clear()
    again = ship(machine, target)
    assert again.images == first.images
    assert verbs(machine, "push") == verbs(machine, "pull") == verbs(machine, "tag") == []


def test_moving_tags_follow_with_the_very_digest(machine: RegistryMachine, target: Target) -> None:
    ship(machine, target, branch="feature/x")
    machine.commands.clear()
    ship(machine, target)
    moved = [f"{PLACE}/app-{name}:{tag}" for name in ("backend", "frontend") for tag in ("main", "latest")]
    assert verbs(machine, "push") == moved
    assert verbs(machine, "pull") == [f"{PLACE}/app-{name}@sha256:{name}" for name in ("backend", "frontend")]
    assert {machine.remote[f"{PLACE}/app-backend:{tag}"] for tag in ("main", "latest", "feature-x")} == {
        "sha256:backend"
    }


def test_moving_tags_follow_an_index_with_all_that_is_attested(machine: RegistryMachine, target: Target) -> None:
    ship(machine, target, branch="feature/x")
    listed = [{"digest": "sha256:image"}, {"digest": "sha256:x", "annotations": {"vnd.docker.reference.type": "a"}}]
    machine.manifests["sha256:backend"] = json.dumps({"manifests": listed})
    machine.commands.clear()
    ship(machine, target)
    assert verbs(machine, "pull") == [f"{PLACE}/app-frontend@sha256:frontend"]
    assert not any("app-backend" in reference for reference in verbs(machine, "push"))
    named = [command.argv[5:] for command in machine.commands if "create" in command.argv]
    assert named == [
        (f"{PLACE}/app-backend:{tag}", f"{PLACE}/app-backend@sha256:backend") for tag in ("main", "latest")
    ]


def test_what_another_machine_publishes_meanwhile_is_the_result(machine: RegistryMachine, target: Target) -> None:
    registry, facts = Registry(machine, "", lambda _line: None, None), make_facts("")
    there = published(CONFIG, facts, target, registry)
    first = f"{PLACE}/app-backend:1.0.0-664a230c1f2e"
    machine.remote[first] = "sha256:theirs"
    machine.local[f"{PLACE}/app-backend@sha256:theirs"] = "sha256:theirs"
    said: list[str] = []
    made = publish(machine, registry, there, CONFIG, facts, target, "main", said.append, None)
    assert made.image("backend") == Image(first, "sha256:theirs")
    assert first not in verbs(machine, "push")
    assert machine.remote[f"{PLACE}/app-backend:latest"] == "sha256:theirs"
    assert f"{first}: published meanwhile as sha256:theirs" in said


def test_half_a_publish_is_completed(machine: RegistryMachine, target: Target) -> None:
    machine.remote[f"{PLACE}/app-backend:1.0.0-664a230c1f2e"] = "sha256:backend"
    facts = make_facts()
    there = published(CONFIG, facts, target, Registry(machine, "", lambda _line: None, None))
    assert list(there) == ["backend"]
    ship(machine, target)
    assert f"{PLACE}/app-backend:1.0.0-664a230c1f2e" not in verbs(machine, "push")
    assert f"{PLACE}/app-frontend:1.0.0-664a230c1f2e" in verbs(machine, "push")


def test_edits_ship_on_the_lab_under_one_tag(tmp_path: Path) -> None:
    suffix = "1.0.0-664a230c1f2e-dirty-abcdef12"
    machine = RegistryMachine(local={f"{name}:{suffix}": f"sha256:{name}" for name in ("backend", "frontend")})
    release = ship(machine, LabTarget(tmp_path, CONFIG, {}), edits="abcdef12")
    assert verbs(machine, "push") == [f"registry.lab/lab/app-{name}:{suffix}" for name in ("backend", "frontend")]
    assert (release.id, release.dirty) == ("664a230c1f2e-dirty-abcdef12", True)


def test_edits_do_not_reach_a_remote_registry(machine: RegistryMachine, target: Target) -> None:
    with pytest.raises(Unsafe, match="uncommitted changes cannot be published to the target remote"):
        ship(machine, target, edits="abcdef12")
    assert verbs(machine, "push") == verbs(machine, "tag") == []


def test_a_file_that_git_ignores_is_named_where_its_image_is_refused(target: Target) -> None:
    facts = replace(make_facts("abcdef12"), let_through=(LetThrough("a/.env", "a/.env", "a/.dockerignore"),))
    with pytest.raises(Unsafe, match=r"remote: git ignores a/\.env, and a build may take it in") as caught:
        refuse_unsafe(facts, target, stand_ins=False)
    assert caught.value.fix == "exclude it in a/.dockerignore, or commit it (git add --force a/.env)"


@pytest.mark.parametrize("label", ["debian 13 with postgresql 17", "x"])
def test_stand_ins_do_not_reach_a_remote_registry(target: Target, label: str) -> None:
    machine = RegistryMachine([("image inspect .* frontend:", label, 0)], LOCAL)
    with pytest.raises(Unsafe, match="these images stand on stand-ins") as caught:
        ship(machine, target)
    assert caught.value.exit_code == 8
    assert verbs(machine, "push") == verbs(machine, "tag") == []


def test_stand_ins_may_go_to_the_lab(tmp_path: Path) -> None:
    machine = RegistryMachine([("image inspect", "debian 13", 0)], LOCAL)
    assert ship(machine, LabTarget(tmp_path, CONFIG, {})).images


def test_an_image_that_cannot_be_looked_at_does_not_pass(target: Target) -> None:
    machine = RegistryMachine([("image inspect", "", 1)], LOCAL)
    with pytest.raises(StepFailed) as caught:
        ship(machine, target)
    assert caught.value.fix == "build it: invoke build"


@pytest.mark.parametrize(("answer", "found"), [("", False), ("<no value>", False), ("debian 13", True)])
def test_the_label_of_a_stand_in(answer: str, found: bool) -> None:  # noqa: FBT001 - a parameter of the test
    machine = RegistryMachine([("b:1", answer, 0)])
    assert has_stand_ins(machine, ["a:1", "b:1"]) is found


def test_what_is_safe_is_let_through(tmp_path: Path, target: Target) -> None:
    refuse_unsafe(make_facts(), target, stand_ins=False)
    refuse_unsafe(make_facts("abcdef12"), LabTarget(tmp_path, CONFIG, {}), stand_ins=True)
    with pytest.raises(Unsafe):
        refuse_unsafe(make_facts(), target, stand_ins=True)


def test_a_push_that_fails_ends_before_the_moving_tags(target: Target) -> None:
    machine = RegistryMachine([("docker tag .*:1.0.0$", "no space left on device", 1)], LOCAL)
    with pytest.raises(StepFailed, match="naming the image failed with exit code 1"):
        ship(machine, target)
    assert list(machine.remote) == [f"{PLACE}/app-backend:1.0.0-664a230c1f2e"]
