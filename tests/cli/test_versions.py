"""`version.bump` as a whole: what it refuses, and that nothing is changed then."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from checkouts import make_checkout
from samples import REMOTE, make_release
from shiplane.errors import TimeLimit
from shiplane.model import Image
from shiplane.pipeline.store import Store
from shiplane.runners.recording import RecordingRunner

if TYPE_CHECKING:
    from projects import Project
    from shiplane.model import Command
    from shiplane.runners.base import Completed

LOG = ("git log --no-merges", "abc1234\0Add a thing\ndef5678\0Fix it", 0)
TAGS = ("git tag --list 'backend-", "backend-0.9.0\nbackend-1.0.0", 0)
ORDERS = re.compile(r"git (add|commit|tag --annotate|reset)")


def orders(project: Project) -> list[str]:
    return [line.removeprefix("local$ ") for line in project.transcript if ORDERS.search(line)]


def backend(project: Project) -> str:
    return (project.folder / "backend/config/__init__.py").read_text()


def test_a_version_is_raised_recorded_and_tagged(project: Project) -> None:
    project.answers(LOG, TAGS)
    ended = project.invoke("version.bump backend minor")
    assert (ended.code, ended.err) == (0, "")
    assert backend(project) == '__version__ = "1.1.0"\n'
    assert "- Add a thing (abc1234)\n- Fix it (def5678)\n" in (project.folder / "CHANGELOG.md").read_text()
    files = "backend/config/__init__.py CHANGELOG.md"
    assert orders(project) == [
        f"git add -- {files}",
        f"git commit --quiet --only '--message=Release backend 1.1.0' -- {files}",
        "git tag --annotate '--message=backend 1.1.0' backend-1.1.0",
    ]
    assert any("backend-1.0.0..HEAD -- backend" in line for line in project.transcript)
    assert ended.out.splitlines()[0] == "backend  1.0.0 → 1.1.0  commits since backend-1.0.0: 2"
    assert ended.out.splitlines()[-1] == "send it: git push origin HEAD backend-1.1.0"


def test_all_components_rise_together(project: Project) -> None:
    make_checkout(project.folder, {"frontend/package-lock.json": '{"version": "1.0.0", "packages": {}}'})
    found = project.invoke("version.bump all 2.0.0 --json").json
    assert found == {
        name: {"before": "1.0.0", "after": "2.0.0", "tag": f"{name}-2.0.0"} for name in ("backend", "frontend")
    }
    assert (project.folder / "frontend/package.json").read_text() == '{"version": "2.0.0"}\n'
    assert (project.folder / "frontend/package-lock.json").read_text() == '{"version": "2.0.0", "packages": {}}'
    assert [line.split()[-1] for line in orders(project)[2:]] == ["backend-2.0.0", "frontend-2.0.0"]


def test_without_a_commit_the_files_are_edits(project: Project) -> None:
    ended = project.invoke("version.bump backend patch --no-commit")
    assert backend(project) == '__version__ = "1.0.1"\n'
    assert orders(project) == []
    assert "send it" not in ended.out


def test_without_a_changelog(project: Project) -> None:
    text = (project.folder / "pyproject.toml").read_text()
    make_checkout(
        project.folder, {"pyproject.toml": text.replace("[tool.shiplane]", '[tool.shiplane]\nchangelog = ""')}
    )
    project.invoke("version.bump backend patch")
    assert not (project.folder / "CHANGELOG.md").exists()
    assert orders(project)[0] == "git add -- backend/config/__init__.py"


def refused(project: Project, line: str, code: int, **environ: str) -> str:
    ended = project.invoke(f"version.bump {line}", **environ)
    assert ended.code == code, ended
    assert backend(project) == '__version__ = "1.0.0"\n'
    assert not (project.folder / "CHANGELOG.md").exists()
    assert orders(project) == []
    return ended.err


def test_a_version_that_is_tagged_here_or_elsewhere(project: Project) -> None:
    project.answers(("git tag --list backend-1.1.0", "backend-1.1.0", 0))
    assert "backend 1.1.0 exists already: the tag backend-1.1.0 (exit 8" in refused(project, "backend minor", 8)
    project.answers(("git remote", "origin", 0), ("git ls-remote", "abc\trefs/tags/backend-1.1.0", 0))
    assert "the tag backend-1.1.0 of origin" in refused(project, "backend minor", 8)


def test_a_remote_that_does_not_answer_is_told_and_stops_nothing(project: Project) -> None:
    project.answers(("git remote", "origin", 0), ("git ls-remote", "Could not resolve host", 128))
    ended = project.invoke("version.bump backend minor")
    assert ended.code == 0
    assert "origin does not say whether it has the tag backend-1.1.0" in ended.out


def test_a_remote_that_says_nothing_at_all_is_told_and_stops_nothing(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = RecordingRunner.run

    def hanging(runner: RecordingRunner, command: Command, **more: Any) -> Completed:  # noqa: ANN401 - passed on
        if command.argv[:2] == ("git", "ls-remote"):
            raise TimeLimit("git", 20)
        return run(runner, command, **more)

    monkeypatch.setattr(RecordingRunner, "run", hanging)
    project.answers(("git remote", "origin", 0))
    ended = project.invoke("version.bump backend minor")
    assert ended.code == 0
    assert "origin does not say whether it has the tag backend-1.1.0" in ended.out


def test_a_version_that_was_published_from_here(project: Project) -> None:
    image = Image("registry.test/acme/app-backend:1.1.0-r1", "sha256:" + "a" * 64)
    Store(project.folder).save_release("lab", replace(make_release("r1"), images=(("backend", image),)))
    told = refused(project, "backend minor", 8)
    assert "backend 1.1.0 exists already: the release r1 of the target lab" in told
    # A version that only begins like it is another one.
    assert project.invoke("version.bump backend 1.1.0-rc").code == 0


def test_a_version_whose_image_is_in_the_registry(project: Project) -> None:
    project.answers(("imagetools inspect", '{"digest": "sha256:' + "a" * 64 + '"}', 0))
    told = refused(project, "backend minor --target remote", 8, **REMOTE)
    assert "backend 1.1.0 exists already: the image ghcr.io/acme/app-backend:1.1.0" in told


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("backnd minor", "unknown component 'backnd'"),
        ("backend minr", "'minr' is neither a part of a version nor a version"),
        ("backend 1.0.0", "1.0.0 does not come after 1.0.0"),
    ],
)
def test_what_cannot_be_meant(project: Project, line: str, told: str) -> None:
    assert told in refused(project, line, 2)


def test_edits_of_the_files_do_not_go_along(project: Project) -> None:
    project.answers(("git diff .* -- backend/config/__init__.py", "+x", 0))
    assert "uncommitted edits in backend/config/__init__.py, CHANGELOG.md" in refused(project, "backend minor", 2)


def test_where_git_does_not_commit_the_files_are_as_they_were(project: Project) -> None:
    project.answers(("git commit", "hook says no", 1))
    ended = project.invoke("version.bump backend minor")
    assert ended.code == 3
    assert "see the lines below; nothing was changed\nsee: docs/errors.md#step-failed\n  hook says no" in ended.err
    assert backend(project) == '__version__ = "1.0.0"\n'
    assert not (project.folder / "CHANGELOG.md").exists()
    assert orders(project)[-1].startswith("git reset --quiet -- backend/config/__init__.py")


def test_a_tag_that_fails_leaves_the_commit_and_says_what_is_missing(project: Project) -> None:
    project.answers(("git tag --annotate", "no", 1))
    ended = project.invoke("version.bump backend minor")
    assert ended.code == 3
    assert "the commit is made; see why, then: git tag --annotate" in ended.err
    assert backend(project) == '__version__ = "1.1.0"\n'
