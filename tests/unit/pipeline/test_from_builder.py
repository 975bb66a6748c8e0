from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from archives import File, Made, save, save_platforms
from checkouts import make_checkout
from registries import RegistryMachine
from samples import HARD
from shiplane.commands import buildx
from shiplane.errors import (
    RegistryForbids,
    RegistryUnauthorized,
    StepFailed,
    Unsafe,
)
from shiplane.facts.saved import Saved
from shiplane.model import Image, Step
from shiplane.pipeline.builders import named
from shiplane.pipeline.journal import read
from shiplane.runners.base import Cancel, Completed
from stepping import ENVIRON, Bench

if TYPE_CHECKING:
    from collections.abc import Callable

    from shiplane.model import Command

NAME = named("moby/buildkit:buildx-stable-1")
PLACE = "registry.test/acme/app-backend"
LOCAL = {f"{name}:1.0.0-664a230c1f2e": f"sha256:{name}" for name in ("backend", "frontend")}
TAGS = ("1.0.0-664a230c1f2e", "1.0.0", "feature-x")
PACKED = "compression=gzip,force-compression=true"
ATTESTED = {"--set=*.attest=type=provenance,mode=max,builder-id=machine:here", "--set=*.attest=type=sbom"}


class BuilderMachine(RegistryMachine):
    """Have the classic image store, and a builder in a container that sends what was made; or fails with these words.

    `other` is what it sends in the place of what the engine holds.
    """

    def __init__(self, folder: Path, failure: str = "", other: Made | None = None, told: str = "") -> None:
        super().__init__(local=LOCAL, classic=True)
        self.failure, self.told = failure, told
        save(other or self.made, folder / "sent.tar")
        self.sends(folder / "sent.tar")
        self.sent: list[Command] = []
        self.definitions: list[dict[str, dict[str, object]]] = []

    def sends(self, archive: Path) -> None:
        """Send from now on the images of an archive, one a platform."""
        with Saved(archive) as saved:
            self.settings = [image.settings for image in saved.images]

    def run(
        self, command: Command, *, on_line: Callable[[str], None] | None = None, cancel: Cancel | None = None
    ) -> Completed:
        done = super().run(command, on_line=on_line, cancel=cancel)
        if command.argv[:3] != ("docker", "buildx", "bake"):
            return done
        self.sent.append(command)
        if self.failure:
            return Completed(1, "", self.failure, 0.0)
        target = self._definition(command)
        [output] = [word for word in command.argv if word.startswith("--set=*.output=")]
        place = output.partition("name=")[2].partition(",")[0]
        images = [{"digest": f"sha256:image-{number}-of-{target}"} for number, _ in enumerate(self.settings)]
        beside = {"digest": "sha256:attested", "annotations": {"vnd.docker.reference.type": "attestation-manifest"}}
        digest = f"sha256:index-of-{target}"
        self.manifests[digest] = json.dumps({"manifests": [*images, beside]})
        self.remote[f"{place}:of the builder"] = digest
        for number, (image, settings) in enumerate(zip(images, self.settings, strict=True)):
            self.manifests[image["digest"]] = json.dumps({"config": {"digest": settings}, "layers": []})
            self.remote[f"{place}:of the builder's {number}"] = image["digest"]
        [file] = [word.partition("=")[2] for word in command.argv if word.startswith("--metadata-file=")]
        Path(file).write_text(self.told or json.dumps({target: {"containerimage.digest": digest}}))
        return done

    def _definition(self, command: Command) -> str:
        found = json.loads(Path(command.argv[4]).read_text())
        self.definitions.append(found["target"])
        [name] = found["target"]
        return str(name)


def bench(folder: Path, machine: BuilderMachine) -> Bench:
    made = Bench(make_checkout(folder), machine)
    made.target.environ = {**ENVIRON, "REGISTRY_PASSWORD": HARD}
    return made


def verbs(machine: RegistryMachine, verb: str) -> list[str]:
    return [command.argv[-1] for command in machine.commands if command.argv[1] == verb]


def test_the_builder_sends_what_it_attests_and_tags_name_it_once_it_is_what_was_looked_at(tmp_path: Path) -> None:
    machine = BuilderMachine(tmp_path)
    made = bench(tmp_path, machine)
    made.carry_out("publish")
    release = made.store.release("remote", "664a230c1f2e")
    assert release is not None
    assert release.image("backend") == Image(f"{PLACE}:1.0.0-664a230c1f2e", "sha256:index-of-backend-production")
    assert verbs(machine, "push") == []
    named_ = [command.argv[5:] for command in machine.commands if "create" in command.argv and "--tag" in command.argv]
    assert named_[:3] == [(f"{PLACE}:{tag}", f"{PLACE}@sha256:index-of-backend-production") for tag in TAGS]
    backend, frontend = machine.sent
    where = f"name={PLACE},push-by-digest=true,push=true,store=false"
    output = f"--set=*.output=type=image,{where},{PACKED}"
    assert {output, *ATTESTED} <= set(backend.argv)
    assert "--provenance=false" not in backend.argv
    assert not any("type=docker" in word for word in backend.argv)
    assert ("BUILDX_BUILDER", NAME) in backend.env
    assert [name for name, _ in backend.env] == ["BUILDX_BUILDER", "DOCKER_CONFIG"]
    assert f"{PLACE.replace('backend', 'frontend')}," in " ".join(frontend.argv)
    [target] = machine.definitions[0].values()
    assert "tags" not in target
    assert target["target"] == "production"


@pytest.mark.parametrize("action", ["images", "rebuild"])
def test_the_session_is_told_of_the_builder_and_attests_nothing_itself(tmp_path: Path, action: str) -> None:
    machine = BuilderMachine(tmp_path)
    made = bench(tmp_path, machine)
    step = Step("publish.images", "images", commands=(buildx.inspect("session"),))
    made.carry_out(action, step)
    [session] = [command for command in machine.commands if command.argv[-1] == "session"]
    assert ("BUILDX_BUILDER", NAME) in session.env
    assert buildx.ATTESTATIONS not in dict(session.env)


def test_another_image_than_the_one_that_was_looked_at_gets_no_name(tmp_path: Path) -> None:
    other = Made([("COPY . /", {"app/x": File("other")})], {"config": {"User": "root"}})
    machine = BuilderMachine(tmp_path, other=other)
    with pytest.raises(Unsafe, match="the builder made another image of backend-production than the one") as caught:
        bench(tmp_path, machine).carry_out("publish")
    assert (caught.value.exit_code, machine.settings[0] in caught.value.cause) == (8, True)
    assert verbs(machine, "push") == []
    assert not any("--tag" in command.argv for command in machine.commands)


def test_of_several_platforms_each_has_to_be_what_was_looked_at(tmp_path: Path) -> None:
    machine = BuilderMachine(tmp_path)
    made, other = (Made([("COPY . /", {})], {"config": {"User": name}}) for name in ("app", "other"))
    machine.platforms = {"linux/amd64": machine.made, "linux/arm64": made}
    machine.sends(save_platforms(machine.platforms, tmp_path / "two.tar"))
    bench(tmp_path / "good", machine).carry_out("publish")
    assert any("--tag" in command.argv for command in machine.commands)
    machine.remote.clear()
    machine.sends(save_platforms({"linux/amd64": machine.made, "linux/arm64": other}, tmp_path / "two.tar"))
    with pytest.raises(Unsafe, match="the builder made another image of backend-production than the one"):
        bench(tmp_path / "bad", machine).carry_out("publish")
    assert not any(":of the builder" not in name for name in machine.remote)


@pytest.mark.parametrize(
    ("words", "tries"),
    [
        ("ERROR: failed to push registry.test/acme/app-backend: dial tcp 127.0.0.1:9: connect: connection refused", 2),
        ("ERROR: failed to push registry.test/acme/app-backend: x509: certificate signed by unknown authority", 1),
    ],
)
def test_what_the_builder_does_not_reach_the_engine_publishes_and_a_line_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: str, tries: int
) -> None:
    monkeypatch.setattr("shiplane.pipeline.registry_tries._FIRST_SECONDS", 0)
    machine = BuilderMachine(tmp_path, failure=words)
    made = bench(tmp_path, machine)
    made.carry_out("publish")
    assert verbs(machine, "push")[:3] == [f"{PLACE}:{tag}" for tag in TAGS]
    assert len(machine.sent) == 2 * tries
    lines = [line for line in made.said if "without what is attested" in line]
    assert [line.partition(" ")[0] for line in lines] == ["backend-production", "frontend-production"]
    assert lines == [record["text"] for record in read(made.journal.folder) if record["kind"] == "note"]
    assert HARD not in "".join(made.said)


def test_who_was_first_has_made_the_release_also_while_the_builder_sent_it(tmp_path: Path) -> None:
    class Late(BuilderMachine):
        def run(self, command: Command, **words: Any) -> Completed:  # noqa: ANN401 - as it is called
            done = super().run(command, **words)
            if command.argv[:3] == ("docker", "buildx", "bake") and "backend" in str(command.argv):
                self.remote[f"{PLACE}:1.0.0-664a230c1f2e"] = self.remote[f"{PLACE}:of the builder"]
                self.remote[f"{PLACE}:of the builder"] = "sha256:another"
            return done

    machine = Late(tmp_path)
    made = bench(tmp_path, machine)
    made.carry_out("publish")
    assert any("published meanwhile as sha256:index-of-backend" in line for line in made.said)
    named_ = [command.argv[5] for command in machine.commands if "create" in command.argv and "--tag" in command.argv]
    assert f"{PLACE}:1.0.0-664a230c1f2e" not in named_
    assert named_[:2] == [f"{PLACE}:{tag}" for tag in TAGS[1:]]


@pytest.mark.parametrize(
    ("words", "error"),
    [
        ("ERROR: failed to solve: failed to push x: unexpected status: 401 Unauthorized", RegistryUnauthorized),
        ("ERROR: failed to solve: failed to push x: unexpected status: 403 Forbidden", RegistryForbids),
        ('ERROR: failed to solve: process "/bin/sh -c false" did not complete successfully: exit code: 1', StepFailed),
    ],
)
def test_what_the_registry_or_the_builder_refuses_ends_the_publish(
    tmp_path: Path, words: str, error: type[Exception]
) -> None:
    machine = BuilderMachine(tmp_path, failure=words)
    with pytest.raises(error):
        bench(tmp_path, machine).carry_out("publish")
    assert machine.remote == {}


@pytest.mark.parametrize("told", ["{", "[]", '{"backend-production": {}}'])
def test_a_builder_that_tells_no_digest(tmp_path: Path, told: str) -> None:
    with pytest.raises(StepFailed, match="the builder does not tell which digest backend-production has"):
        bench(tmp_path, BuilderMachine(tmp_path, told=told)).carry_out("publish")
