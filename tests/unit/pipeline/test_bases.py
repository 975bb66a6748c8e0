from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from shiplane.commands import image
from shiplane.commands.buildx import Build
from shiplane.pipeline.bases import labelled
from shiplane.runners.recording import RecordingRunner

if TYPE_CHECKING:
    from pathlib import Path

NAME = "python:3.13-slim"
BUILD = Build("one-production", "one", "one:1", "production", labels=(("a", "b"),))
HELD = ["127.0.0.1:5000/library/python@sha256:other", "python@sha256:abc"]


def told(
    folder: Path, answer: tuple[str, int], build: Build = BUILD, known: tuple[str, ...] = (NAME,)
) -> tuple[tuple[str, str], ...]:
    (folder / "one").mkdir(exist_ok=True)
    (folder / "one/Dockerfile").write_text(f"FROM {NAME} AS production\n")
    runner = RecordingRunner([("docker image inspect", *answer)])
    [made] = labelled(runner, folder, (build,), known)
    assert runner.commands in ([], [image.digests(NAME)])
    assert made.labels[: len(build.labels)] == build.labels
    return made.labels[len(build.labels) :]


def test_the_base_is_told_where_the_engine_knows_its_digest(tmp_path: Path) -> None:
    place = "org.opencontainers.image.base"
    assert told(tmp_path, (json.dumps(HELD), 0)) == ((f"{place}.name", NAME), (f"{place}.digest", "sha256:abc"))


@pytest.mark.parametrize("answer", [("null", 0), (json.dumps(HELD[:1]), 0), ("Error: No such image", 1), ("", 0)])
def test_a_base_without_a_digest_of_its_own_is_not_told(tmp_path: Path, answer: tuple[str, int]) -> None:
    assert told(tmp_path, answer) == ()


def test_only_what_every_machine_holds_is_told(tmp_path: Path) -> None:
    held = (json.dumps(HELD), 0)
    assert told(tmp_path, held, known=("nginx:1.30",)) == ()
    assert told(tmp_path, held, Build("one-development", "one", "one:1", "production")) == ()
    gone = Build("x", "gone", "x:1", labels=(("a", "b"),))
    assert labelled(RecordingRunner(), tmp_path, (gone,), (NAME,)) == (gone,)
