"""What `nox -s clean` removes of commands that were killed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from shiplane.cli.app import App
from shiplane.cli.leftovers import remove
from shiplane.cli.test_environment import KEPT
from shiplane.model.identity import checkout_id
from shiplane.runners.locks import held

if TYPE_CHECKING:
    from projects import Project


def cleaned(project: Project) -> tuple[list[str], list[str]]:
    """Clean; give which environments Compose removed, and what was said."""
    said: list[str] = []
    project.patch.setattr("shiplane.cli.app.WORLD", project.world)
    remove(App.here(), said.append)
    name = f"app-test-{checkout_id(project.folder)}-"
    downs = [line for line in project.transcript if " down " in line]
    downs = [line for line in downs if f"{name}e2e " in line or f"{name}suites " in line]
    return [line.partition(name)[2].partition(" ")[0] for line in downs], said


@pytest.mark.parametrize("asked", ["docker ps --all", "docker network ls"])
def test_what_a_killed_command_left_of_an_environment_goes(project: Project, asked: str) -> None:
    project.answers((asked, "4711\n", 0))
    downs, said = cleaned(project)
    assert downs == ["e2e", "suites"]
    assert [line for line in said if "e2e" in line or "test " in line] == [
        "nothing of e2e is left",
        "nothing of test is left",
    ]


def test_nothing_is_asked_of_compose_where_nothing_is_left(project: Project) -> None:
    assert cleaned(project)[0] == []


def test_an_environment_that_was_kept_or_is_used_stays(project: Project) -> None:
    project.answers(("docker ps --all", "4711\n", 0))
    root = project.folder / ".shiplane"
    root.mkdir(exist_ok=True)
    (root / KEPT).touch()
    with held(root / "locks" / "e2e"):
        downs, said = cleaned(project)
    assert downs == []
    assert "e2e goes on in this checkout: left alone" in said
