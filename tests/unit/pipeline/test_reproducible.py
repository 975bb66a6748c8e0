from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from archives import File, Made, save
from shiplane.commands.buildx import Build
from shiplane.errors import NotReproducible, StepFailed
from shiplane.pipeline.reproducible import copy_files, verify
from shiplane.runners.recording import RecordingRunner

if TYPE_CHECKING:
    from collections.abc import Callable

    from shiplane.model import Command
    from shiplane.runners.base import Cancel, Completed

ONE, TWO = (Build(f"{name}-production", name, f"{name}:1", "production") for name in ("one", "two"))


class Engine(RecordingRunner):
    """Save an image of one file for each tag, whose text is the one that a test gives the tag."""

    def __init__(self, texts: dict[str, str], failing: str = "") -> None:
        super().__init__([(failing, "ERROR: no space left", 1)] if failing else [])
        self.texts = texts

    def run(
        self, command: Command, *, on_line: Callable[[str], None] | None = None, cancel: Cancel | None = None
    ) -> Completed:
        done = super().run(command, on_line=on_line, cancel=cancel)
        if command.argv[:3] == ("docker", "image", "save"):
            file, tag = command.argv[-2:]
            save(Made([("RUN make", {"made": File(self.texts.get(tag, "same"))})]), Path(file))
        return done


def run(engine: Engine, checkout: Path) -> list[str]:
    said: list[str] = []
    (checkout / "one").mkdir(exist_ok=True)
    (checkout / "one" / "a").write_text("a")
    verify(engine, checkout, (ONE, TWO), ["one/a"], {}, said.append)
    return said


def test_both_rounds_are_built_without_caches_and_compared(tmp_path: Path) -> None:
    engine = Engine({})
    said = run(engine, tmp_path)
    assert [line.partition(": sha256:")[0] for line in said[-2:]] == ["one:1 is reproducible", "two:1 is reproducible"]
    bakes = [command.argv for command in engine.commands if "bake" in command.argv]
    assert len(bakes) == 2
    assert all("--no-cache" in argv for argv in bakes)
    assert [command.argv[-1] for command in engine.commands if "save" in command.argv] == [
        *("one:1-first", "one:1-second", "two:1-first", "two:1-second"),
    ]


def test_what_differs_is_named_for_each_image_and_nothing_is_left(tmp_path: Path) -> None:
    engine = Engine({"two:1-second": "other"})
    with pytest.raises(NotReproducible) as caught:
        run(engine, tmp_path)
    assert caught.value.cause == "built twice, not the same: two:1: layer 1 (RUN make): made: size, content"
    assert caught.value.exit_code == 3
    tags = tuple(f"{name}:1-{number}" for number in ("first", "second") for name in ("one", "two"))
    assert engine.commands[-1].argv == ("docker", "image", "rm", "--force", *tags)


def test_a_build_that_fails_leaves_nothing_either(tmp_path: Path) -> None:
    engine = Engine({}, failing="buildx bake")
    with pytest.raises(StepFailed, match="building the images failed"):
        run(engine, tmp_path)
    assert engine.commands[-1].argv[:3] == ("docker", "image", "rm")


def test_a_copy_has_other_modes_and_no_file_that_is_not_named(tmp_path: Path) -> None:
    source, target = tmp_path / "source", tmp_path / "target"
    (source / "deep").mkdir(parents=True)
    for name, mode in (("deep/a", 0o600), ("program", 0o755), ("other", 0o644)):
        (source / name).write_text(name)
        (source / name).chmod(mode)
    (source / "link").symlink_to("nowhere")
    copy_files(source, target, ["deep/a", "program", "link", "gone"])
    assert sorted(str(path.relative_to(target)) for path in target.rglob("*")) == ["deep", "deep/a", "link", "program"]
    modes = {name: (target / name).stat().st_mode & 0o777 for name in ("deep", "deep/a", "program")}
    assert modes == {"deep": 0o775, "deep/a": 0o664, "program": 0o775}
    assert str((target / "link").readlink()) == "nowhere"
    assert (target / "deep/a").read_text() == "deep/a"
