"""`nox -s lint` and its parts, as the session hands them over."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from projects import Ended
from shiplane.cli import session
from shiplane.cli.app import App
from shiplane.cli.failures import told
from shiplane.cli.leftovers import remove
from shiplane.runners.locks import held

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from projects import Project

NO_ENGINE = ("docker info", "", 1)
IN_RUN = {"SHIPLANE_RUN": "664a230c1f2e"}
"""The variable by which a run tells that images are built."""


def lint(project: Project, *parts: str, **environ: str) -> Ended:
    project.patch.setattr("shiplane.cli.app.WORLD", project.world)
    for name, value in environ.items():
        project.patch.setenv(name, value)
    project.capture.readouterr()
    code = 0
    try:
        told(session.main)(["lint", *parts])
    except SystemExit as end:
        code = int(end.code or 0)
    said = project.capture.readouterr()
    return Ended(code, said.out, said.err)


def linters(ended: Ended) -> set[str]:
    return {line.partition(" passed in ")[0] for line in ended.out.splitlines() if " passed in " in line}


@pytest.mark.parametrize(
    ("parts", "ran"),
    [
        (("frontend",), {"eslint"}),
        (("backend",), {"black", "isort", "flake8"}),
        (("backend", "frontend"), {"eslint", "black", "isort", "flake8"}),
    ],
)
def test_a_part_runs_alone(project: Project, parts: tuple[str, ...], ran: set[str]) -> None:
    ended = lint(project, *parts, **IN_RUN)
    assert (ended.code, ended.err, linters(ended)) == (0, "", ran)


def test_the_whole_is_all_parts(project: Project) -> None:
    ended = lint(project, **IN_RUN)
    assert ended.code == 0
    assert linters(ended) == linters(lint(project, "backend", "frontend", "project", **IN_RUN))
    assert {"eslint", "flake8", "mypy", "topology"} <= linters(ended)


def test_a_new_file_is_linted_before_git_knows_it_and_none_that_is_gone(project: Project) -> None:
    """By what their results are kept, too: `git add` and a commit change no file."""
    (project.folder / "new.sh").write_text("echo $1\n")
    tracked = "".join(f"100644 {'a' * 40} 0\t{name}\0" for name in ("old.sh", "gone.sh"))
    project.answers(
        NO_ENGINE, ("git ls-files --stage", tracked, 0), ("git ls-files --modified", "gone.sh\0new.sh\0", 0)
    )
    assert lint(project, "project").code == 0
    (told,) = (line for line in project.transcript if "shellcheck" in line)
    assert told.split()[-2:] == ["old.sh", "new.sh"]


def test_the_project_s_own_part_needs_no_engine(project: Project) -> None:
    project.answers(NO_ENGINE)
    ended = lint(project, "project")
    assert (ended.code, ended.err) == (0, "")
    assert {"ruff", "mypy", "topology"} <= linters(ended)
    assert [line for line in project.transcript if "$ docker " in line] == []
    for parts in ((), ("frontend",), ("backend", "project")):
        refused = lint(project, *parts)
        assert (refused.code, refused.out) == (2, "")
        assert "see: docs/errors.md#engine-missing" in refused.err


def test_a_part_that_there_is_not_is_told_before_anything_runs(project: Project) -> None:
    ended = lint(project, "frontend", "frontent", **IN_RUN)
    assert (ended.code, ended.out) == (2, "")
    assert ended.err.splitlines()[0].endswith("unknown part of the linters 'frontent'")
    assert "did you mean 'frontend'? use one of: backend, frontend, project" in ended.err
    assert not [line for line in project.transcript if "docker run" in line or "docker rm" in line]


def test_what_failed_is_repeated_by_its_part(project: Project) -> None:
    project.answers(("npm run lint", "no-explicit-any", 1))
    ended = lint(project, "frontend", **IN_RUN)
    assert ended.code == 3
    assert "no-explicit-any" in ended.out
    assert "mend what is named above, then: nox -s lint -- frontend" in ended.err


def test_parts_wait_for_their_like_alone(project: Project) -> None:
    locks: list[str] = []

    @contextmanager
    def noted(file: Path, _waiting: Callable[[], None]) -> Iterator[None]:
        locks.append(file.name)
        yield

    project.patch.setattr(session, "held", noted)
    for parts in (("frontend",), ("project", "backend"), ()):
        lint(project, *parts, **IN_RUN)
    assert locks == ["lint-frontend", "lint-backend", "lint-project", "lint-frontend", "lint-backend", "lint-project"]


def test_what_a_part_left_goes_unless_it_goes_on(project: Project) -> None:
    project.patch.setattr("shiplane.cli.app.WORLD", project.world)
    said: list[str] = []
    with held(project.folder / ".shiplane" / "locks" / "lint-backend"):
        remove(App.here(), said.append)
    assert "lint-backend goes on in this checkout: left alone" in said
    assert "nothing of lint-frontend is left" in said
    removed = " ".join(line for line in project.transcript if "docker rm" in line)
    assert "-lint-eslint" in removed
    assert "-lint-black" not in removed
