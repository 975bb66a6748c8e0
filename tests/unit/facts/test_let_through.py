from __future__ import annotations

import os
from typing import TYPE_CHECKING, NoReturn

import pytest

from samples import CONFIG
from shiplane.errors import UsageError
from shiplane.facts.let_through import LetThrough, survey
from shiplane.runners.recording import RecordingRunner

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


def names(checkout: Path, ignored: str, files: Mapping[str, str]) -> list[str]:
    for name, text in files.items():
        (checkout / name).parent.mkdir(parents=True, exist_ok=True)
        (checkout / name).write_text(text)
    runner = RecordingRunner([("git ls-files --others --ignored", ignored, 0)])
    return [one.name for one in survey(runner, checkout, CONFIG)]


def test_what_no_file_keeps_out_is_taken_in(tmp_path: Path) -> None:
    files = {"frontend/.env.production": "", "frontend/a b/ü": "", "testing/.env": "", "other/.env": ""}
    ignored = "frontend/.env.production\0frontend/a b/\0testing/.env\0other/.env\0"
    assert names(tmp_path, ignored, files) == ["frontend/.env.production", "frontend/a b/ü", "testing/.env"]


def test_each_context_has_its_own_file_and_a_dockerfile_s_own_comes_first(tmp_path: Path) -> None:
    files = {
        "backend/.dockerignore": ".env",
        "frontend/.dockerignore": ".env",
        "frontend/Dockerfile.dockerignore": "*.md",
    }
    runner = RecordingRunner([("git ls-files", "backend/.env\0frontend/.env\0", 0)])
    assert names(tmp_path, "", files) == []
    [one] = survey(runner, tmp_path, CONFIG)
    assert one == LetThrough("frontend/.env", "frontend/.env", "frontend/Dockerfile.dockerignore")
    assert one.cause == "git ignores frontend/.env, and a build may take it in"
    said = "exclude it in frontend/Dockerfile.dockerignore, or commit it (git add --force frontend/.env)"
    assert one.fix == said


def test_a_folder_is_told_as_one(tmp_path: Path) -> None:
    assert names(tmp_path, "", {"backend/made/a": "", "backend/made/b": ""}) == []
    found = survey(RecordingRunner([("git ls-files", "backend/made/\0", 0)]), tmp_path, CONFIG)
    assert [one.name for one in found] == ["backend/made/a", "backend/made/b"]
    assert {one.cause for one in found} == {"git ignores backend/made/, and a build may take files of it in"}


def test_a_folder_that_is_excluded_is_not_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = {"frontend/.dockerignore": "node_modules\nbuild\n!build/keep", "frontend/node_modules/a/b": ""}
    files |= {"frontend/build/keep": "", "frontend/build/out": "", "frontend/build/deep/out": ""}
    opened: list[str] = []
    scandir = os.scandir
    monkeypatch.setattr(os, "scandir", lambda path: opened.append(str(path)) or scandir(path))  # type: ignore[func-returns-value]
    ignored = "frontend/node_modules/\0frontend/build/\0"
    assert names(tmp_path, ignored, files) == ["frontend/build/keep"]
    assert [path.removeprefix(str(tmp_path)) for path in opened] == ["/frontend/build"]


def test_a_context_that_is_ignored_as_a_whole_is_read(tmp_path: Path) -> None:
    files = {"testing/.dockerignore": "skip\n.dockerignore", "testing/a": "", "testing/skip/b": ""}
    assert names(tmp_path, "testing/\0", files) == ["testing/a"]


def test_links_are_taken_in_as_links_and_what_is_no_file_is_not(tmp_path: Path) -> None:
    folder = tmp_path / "backend/made"
    folder.mkdir(parents=True)
    (folder / "link").symlink_to(tmp_path)
    os.mkfifo(folder / "pipe")
    assert names(tmp_path, "backend/made/\0", {}) == ["backend/made/link"]


def test_a_folder_that_cannot_be_read_is_named_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: Path) -> NoReturn:
        raise PermissionError(str(path))

    assert names(tmp_path, "backend/gone/\0", {}) == []
    monkeypatch.setattr(os, "scandir", refuse)
    assert names(tmp_path, "backend/closed/\0", {}) == ["backend/closed/"]


def test_a_git_that_fails_is_told(tmp_path: Path) -> None:
    runner = RecordingRunner([("git ls-files", "fatal: index corrupt", 128)])
    with pytest.raises(UsageError, match="git cannot tell which files it ignores"):
        survey(runner, tmp_path, CONFIG)
