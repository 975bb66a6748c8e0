from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from shiplane.commands import buildx, engine
from shiplane.commands.cache import Cache
from shiplane.errors import EngineMissing, ManyPlatforms, PlatformRefused, StepFailed
from shiplane.model.identity import checkout_id
from shiplane.pipeline.build import bake, ca_bundle, refuse_foreign_platforms
from shiplane.planning.images import test_runner as runner_images
from shiplane.runners.base import Cancel, Completed
from shiplane.runners.recording import RecordingRunner

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from shiplane.model import Command

GONE = "#23 exporting to image\n#23 ERROR: not found\nERROR: failed to solve: not found"
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


def test_what_another_process_disturbed_is_made_once_more(tmp_path: Path) -> None:
    builder, said = Builder((GONE, 1), ("", 0)), list[str]()
    bake(builder, tmp_path, runner_images(), {}, said.append)
    assert len(builder.commands) == 2
    assert said[-1].endswith(": building once more")


def test_what_stays_here_gets_a_name_of_the_checkout_too(tmp_path: Path) -> None:
    builder = Builder(("", 0), ("", 0))
    bake(builder, tmp_path, (*runner_images(), *made()), {}, lambda _line: None, attest=("type=sbom",))
    [command] = builder.commands
    own = f"test-runner:local-{checkout_id(tmp_path)}"
    assert [word for word in command.argv if ".tags=" in word] == [
        "--set=test-runner.tags=test-runner:local",
        f"--set=test-runner.tags={own}",
    ]


def test_a_second_failure_fails(tmp_path: Path) -> None:
    builder = Builder((GONE, 1), (GONE, 1))
    with pytest.raises(StepFailed) as caught:
        bake(builder, tmp_path, runner_images(), {}, lambda _line: None)
    assert builder.ends == []
    assert set(caught.value.details) == set(GONE.splitlines())


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


NEAR = Cache("version+main", ("type=registry,ref=r/a:main",), ("type=registry,ref=r/a:x,mode=max",))
READ = "--set=test-runner.cache-from=type=registry,ref=r/a:main"
WRITE = "--set=test-runner.cache-to=type=registry,ref=r/a:x,mode=max"
STEPS = f"#7 [2/3] RUN a\n#7 CACHED\n#8 [3/3] RUN b\n#8 sha256:{'a' * 64} 1B / 1B done\n#8 DONE 0.1s"
OWN_FAILURE = 'ERROR: failed to solve: process "/bin/sh -c false" did not complete successfully: exit code: 1'


class Telling(Builder):
    """Say each line of the output too, as a builder does."""

    def run(
        self, command: Command, *, on_line: Callable[[str], None] | None = None, cancel: Cancel | None = None
    ) -> Completed:
        done = super().run(command, on_line=on_line, cancel=cancel)
        assert on_line is not None
        for line in done.output.splitlines():
            on_line(line)
        return done


def cached(builder: Builder, folder: Path, chosen: Cache = NEAR) -> list[str]:
    said: list[str] = []
    bake(builder, folder, runner_images(), {}, said.append, caches={"test-runner": chosen, "another": NEAR})
    return said


def test_what_came_from_a_cache_is_told(tmp_path: Path) -> None:
    builder = Telling((STEPS, 0))
    assert cached(builder, tmp_path)[-1] == "test-runner: 2 of 2 steps from version+main"
    assert builder.commands[0].argv[-2:] == (READ, WRITE)


@pytest.mark.parametrize(
    ("output", "told"),
    [
        ("#7 [2/3] RUN a\n#7 CACHED", "test-runner: 1 of 1 steps from this machine's builder"),
        ("#7 [2/3] RUN a\n#7 DONE 1.0s", "test-runner: 0 of 1 steps from caches"),
    ],
)
def test_what_was_here_or_nowhere_is_told_as_such(tmp_path: Path, output: str, told: str) -> None:
    assert cached(Telling((output, 0)), tmp_path)[-1] == told


@pytest.mark.parametrize("failure", ["ERROR: could not fetch content descriptor", "ERROR: unexpected commit digest"])
def test_a_damaged_cache_is_done_without_and_written_anew(tmp_path: Path, failure: str) -> None:
    builder = Telling((failure, 1), (STEPS, 0))
    assert "a cache is damaged or cannot be read to its end: building without" in cached(builder, tmp_path)
    assert [(READ in one.argv, WRITE in one.argv) for one in builder.commands] == [(True, True), (False, True)]


AGAIN = "--set=test-runner.cache-from=type=registry,ref=r/a:x"
LEVELS = Cache(
    "main",
    NEAR.sources,
    (*NEAR.targets, "type=registry,ref=r/a:y", "type=registry,ref=r/a:z"),
    "type=registry,ref=r/a:x",
)
REFUSED = "#9 exporting cache to registry\n#9 ERROR: error writing manifest blob: 400 Bad Request"


def test_levels_are_written_one_after_the_other_and_what_fails_is_told(tmp_path: Path) -> None:
    builder = Telling((STEPS, 0), (REFUSED, 0), ("ERROR: no builder", 1))
    said = cached(builder, tmp_path, LEVELS)
    assert said[-3:] == [
        "a cache is not written: ERROR: no builder",
        "a cache is not written: error writing manifest blob: 400 Bad Request",
        "test-runner: 2 of 2 steps from main",
    ]
    first, *others = (command.argv for command in builder.commands)
    assert first[-2:] == (READ, WRITE)
    for words, end in zip(others, "yz", strict=True):
        assert words[-2:] == (AGAIN, f"--set=test-runner.cache-to=type=registry,ref=r/a:{end}")
        assert buildx.NOTHING[0] in words


def test_what_is_attested_goes_into_no_cache(tmp_path: Path) -> None:
    words = ("type=provenance,mode=max", "type=sbom")
    attested = {f"--set=*.attest={word}" for word in words}
    alone, beside = Telling((STEPS, 0)), Telling((STEPS, 0), ("", 0))
    bake(alone, tmp_path, runner_images(), {}, lambda _line: None, cached=False, attest=words)
    [command] = alone.commands
    assert attested | {buildx.NO_CACHE} <= set(command.argv)
    bake(beside, tmp_path, runner_images(), {}, lambda _line: None, caches={"test-runner": NEAR}, attest=words)
    first, second = (set(command.argv) for command in beside.commands)
    assert {READ, WRITE, *buildx.loaded(runner_images()), "--provenance=false"} <= first
    assert not attested & first
    assert attested <= second
    assert not {READ, WRITE, "--provenance=false"} & second


@pytest.mark.parametrize(
    ("output", "chosen"), [(OWN_FAILURE, NEAR), ("ERROR: no space left", Cache("", (), NEAR.targets))]
)
def test_a_failure_that_no_cache_can_have_caused_is_not_tried_again(tmp_path: Path, output: str, chosen: Cache) -> None:
    builder = Telling((output, 1))
    with pytest.raises(StepFailed):
        cached(builder, tmp_path, chosen)
    assert len(builder.commands) == 1
