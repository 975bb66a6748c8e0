from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from machines import BASES
from shiplane.commands import buildx, engine
from shiplane.errors import TimeLimit
from shiplane.lab.images.catalogue import OFFICIAL_NAMES
from shiplane.lab.images.ensure import stand_ins_used
from shiplane.pipeline.builders import Chosen, choose, named
from shiplane.runners.base import Cancel, Completed
from shiplane.runners.recording import RecordingRunner

if TYPE_CHECKING:
    from collections.abc import Callable

    from checkouts import Answer
    from shiplane.model import Command

IMAGE = "moby/buildkit:buildx-stable-1"
NAME = named(IMAGE)
LOGIN = (("DOCKER_CONFIG", "/private"),)
CLASSIC: list[Answer] = [
    ("inspect --bootstrap$", "Name: default\nDriver: docker\n", 0),
    ("docker info", "26.1|[[Backing Filesystem extfs]]", 0),
]
START = "the engine's image store is the classic one, whose builder writes neither caches nor attestations"
LEFT = ": caches are only read, and nothing is attested"
ASKED = [f"local$ {buildx.inspect().masked()}", f"local$ {engine.info().masked()}"]
CREATE = f"docker buildx create --name {NAME} --driver docker-container --driver-opt image={IMAGE},network=host"


def stand_ins() -> str:
    """Give the question for stand-ins, as a transcript shows it."""
    runner = RecordingRunner()
    stand_ins_used(runner)
    return runner.transcript[0]


def inspected(code: int, told: str = "") -> Answer:
    return (f"inspect --bootstrap {NAME}", told, code)


@pytest.mark.parametrize(
    ("driver", "store", "attests"),
    [
        ("docker", "[[driver-type io.containerd.snapshotter.v1]]", True),
        ("docker-container", "[[driver-type io.containerd.snapshotter.v1]]", False),
        ("docker-container", "[[Backing Filesystem extfs]]", False),
    ],
)
def test_a_builder_that_writes_caches_is_used_as_it_is(driver: str, store: str, *, attests: bool) -> None:
    answers = [("buildx inspect", f"Name: own\nDriver: {driver}\n", 0), ("docker info", f"26.1|{store}", 0)]
    runner, said = RecordingRunner(answers), list[str]()
    chosen = choose(runner, IMAGE, said.append, LOGIN)
    assert chosen == Chosen(writes=True, attests=attests)
    assert chosen.sends is not attests
    assert (runner.transcript, said) == (ASKED, [])


def test_on_the_classic_store_a_builder_is_made() -> None:
    runner, said = Waking(NAME, CLASSIC), list[str]()
    chosen = choose(runner, IMAGE, said.append, LOGIN)
    assert chosen == Chosen(writes=True, name=NAME, attests=False)
    assert chosen.sends
    assert chosen.variables == (("BUILDX_BUILDER", NAME),)
    assert runner.transcript == [
        *ASKED,
        stand_ins(),
        f"local$ DOCKER_CONFIG=/private docker buildx inspect --bootstrap {NAME}",
        f"local$ DOCKER_CONFIG=/private {CREATE}",
        f"local$ DOCKER_CONFIG=/private docker buildx inspect --bootstrap {NAME}",
    ]
    assert said == [f"{START}: building by {NAME}, a container of {IMAGE}"]


def test_one_that_was_made_before_is_woken() -> None:
    runner = RecordingRunner([inspected(0), *CLASSIC])
    assert choose(runner, IMAGE, lambda _line: None) == Chosen(writes=True, name=NAME, attests=False)
    assert runner.transcript[len(ASKED) + 1 :] == [f"local$ docker buildx inspect --bootstrap {NAME}"]


def test_where_its_image_cannot_be_had_the_build_goes_on_and_one_line_says_so() -> None:
    lost = f"pulling image {IMAGE}\nERROR: pull access denied, no such host"
    runner, said = RecordingRunner([inspected(1, lost), *CLASSIC]), list[str]()
    chosen = choose(runner, IMAGE, said.append, LOGIN)
    assert (chosen, chosen.variables, chosen.sends) == (Chosen(writes=False, attests=False), (), False)
    assert runner.transcript[-2:] == [
        f"local$ DOCKER_CONFIG=/private {CREATE}",
        f"local$ DOCKER_CONFIG=/private docker buildx inspect --bootstrap {NAME}",
    ]
    assert said == [f"{START}, and {IMAGE} cannot be had (ERROR: pull access denied, no such host){LEFT}"]


def test_a_registry_that_hangs_costs_time_alone() -> None:
    runner, said = Hanging(CLASSIC), list[str]()
    assert choose(runner, IMAGE, said.append) == Chosen(writes=False, attests=False)
    [line] = said
    assert line.startswith(f"{START}, and {IMAGE} cannot be had (docker ")


def test_none_is_made_where_none_is_configured() -> None:
    runner, said = RecordingRunner(CLASSIC), list[str]()
    assert choose(runner, "", said.append) == Chosen(writes=False, attests=False)
    assert runner.transcript == ASKED
    assert said == [f"{START}, and no other is configured{LEFT}"]


def test_one_in_a_container_does_not_know_stand_ins() -> None:
    name = OFFICIAL_NAMES[0]
    image = json.dumps({"id": "sha256:1", "tags": [name], "labels": {engine.STAND_IN_LABEL: "a package"}})
    runner, said = RecordingRunner([(BASES[0][0], image, 0), *CLASSIC]), list[str]()
    assert choose(runner, IMAGE, said.append) == Chosen(writes=False, attests=False)
    assert not any("buildx create" in line for line in runner.transcript)
    why = "another one would not know the stand-ins of base images that this engine holds"
    assert said == [f"{START}, and {why}{LEFT}"]


def test_another_image_is_another_builder() -> None:
    assert named("registry.test/buildkit:1") != NAME


class Waking(RecordingRunner):
    """Know a builder from the moment that it is made."""

    def __init__(self, name: str, answers: list[Answer]) -> None:
        super().__init__(answers)
        self.name = name

    def run(
        self, command: Command, *, on_line: Callable[[str], None] | None = None, cancel: Cancel | None = None
    ) -> Completed:
        done = super().run(command, on_line=on_line, cancel=cancel)
        made = any("create" in one.argv for one in self.commands)
        return done if made or command.argv[-1] != self.name else Completed(1, "", "ERROR: no builder", 0.0)


class Hanging(RecordingRunner):
    """Let a builder that is woken take longer than it may."""

    def run(
        self, command: Command, *, on_line: Callable[[str], None] | None = None, cancel: Cancel | None = None
    ) -> Completed:
        done = super().run(command, on_line=on_line, cancel=cancel)
        if command.argv[-1] == NAME:
            raise TimeLimit(command.argv[0], command.timeout or 0, command.masked())
        return done
