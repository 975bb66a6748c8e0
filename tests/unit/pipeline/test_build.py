from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from shiplane.commands import buildx, engine
from shiplane.errors import EngineMissing, ManyPlatforms, PlatformRefused, StepFailed
from shiplane.pipeline.build import bake, ca_bundle, refuse_foreign_platforms
from shiplane.planning.images import test_runner as runner_images
from shiplane.runners.base import Cancel, Completed
from shiplane.runners.recording import RecordingRunner

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from shiplane.model import Command

LOST = 'ERROR: failed to solve: failed to prepare extraction snapshot "extract-1": parent snapshot does not exist'
TOLD = """\
Name:          default
Driver:        docker

Nodes:
Name:             default
Endpoint:         default
Status:           running
Platforms:        linux/amd64, linux/amd64/v2, linux/arm64*
"""
CONTAINERD, CLASSIC = "26.1.5|[[driver-type io.containerd.snapshotter.v1]]", "26.1.5|[[Backing Filesystem extfs]]"


class Builder:
    """Answer each build with the next of some ends."""

    def __init__(self, *ends: tuple[str, int]) -> None:
        self.ends = list(ends)
        self.commands: list[Command] = []

    def run(
        self, command: Command, *, on_line: Callable[[str], None] | None = None, cancel: Cancel | None = None
    ) -> Completed:
        assert on_line is not None
        assert cancel is None
        self.commands.append(command)
        output, code = self.ends.pop(0)
        return Completed(code, "", output, 0.1)


def test_a_layer_that_the_engine_lost_is_laid_out_once_more(tmp_path: Path) -> None:
    builder, said = Builder((LOST, 1), ("", 0)), list[str]()
    bake(builder, tmp_path, runner_images(), {}, said.append)
    assert len(builder.commands) == 2
    assert builder.commands[0] == builder.commands[1]
    assert any("building once more" in line for line in said)


@pytest.mark.parametrize(
    ("ends", "tries"), [([("ERROR: no such file", 1)], 1), ([(LOST, 1), (LOST, 1)], 2)], ids=["another", "again"]
)
def test_any_other_failure_and_a_second_one_fail(tmp_path: Path, ends: list[tuple[str, int]], tries: int) -> None:
    builder = Builder(*ends)
    with pytest.raises(StepFailed) as caught:
        bake(builder, tmp_path, runner_images(), {}, lambda _line: None)
    assert len(builder.commands) == tries
    assert set(caught.value.details) == {ends[-1][0]}


def test_the_first_variable_that_names_authorities_wins() -> None:
    assert ca_bundle({"SSL_CERT_FILE": "b", "CA_BUNDLE": "a"}) == "a"
    assert ca_bundle({"NODE_EXTRA_CA_CERTS": "c", "SSL_CERT_FILE": ""}) == "c"
    assert ca_bundle({}) == ""


def made(*platforms: str) -> tuple[buildx.Build, ...]:
    return (buildx.Build("one", "one", "one:1"), buildx.Build("two", "two", "two:1", platforms=platforms))


def machine(told: str = TOLD, store: str = CONTAINERD, code: int = 0) -> RecordingRunner:
    return RecordingRunner([("buildx inspect", told, code), ("docker info", store, 0)])


@pytest.mark.parametrize("platforms", [("linux/amd64",), ("linux/arm64/v8", "linux/amd64/v2")])
def test_what_the_builder_builds_for_is_let_through(platforms: tuple[str, ...]) -> None:
    asked = machine()
    refuse_foreign_platforms(asked, made(*platforms))
    assert asked.commands == [buildx.inspect(), engine.info()]


def test_nobody_is_asked_where_no_platform_is_named() -> None:
    asked = machine()
    refuse_foreign_platforms(asked, made())
    assert asked.commands == []


def test_another_platform_is_refused_with_the_reason(tmp_path: Path) -> None:
    asked = machine()
    with pytest.raises(PlatformRefused) as caught:
        bake(asked, tmp_path, made("linux/amd64", "linux/s390x"), {}, lambda _line: None)
    assert caught.value.cause == (
        "two cannot be built for linux/s390x: the builder 'default' builds for linux/amd64, linux/amd64/v2, linux/arm64"
    )
    assert asked.commands == [buildx.inspect(), engine.info()]
    assert list(tmp_path.iterdir()) == []


def test_several_platforms_need_a_store_that_keeps_them() -> None:
    with pytest.raises(ManyPlatforms, match="linux/amd64, linux/arm64 at once"):
        refuse_foreign_platforms(machine(store=CLASSIC), made("linux/amd64", "linux/arm64"))
    refuse_foreign_platforms(machine(store=CLASSIC), made("linux/arm64"))


def test_a_builder_that_does_not_answer() -> None:
    with pytest.raises(EngineMissing, match="the builder does not answer: ERROR: no builder") as caught:
        refuse_foreign_platforms(machine("ERROR: no builder", code=1), made("linux/amd64"))
    assert caught.value.exit_code == 2
