"""The first day in a fresh clone: hooks that look at commits, and a `.env` of its own."""

from __future__ import annotations

import subprocess

import pytest

import hooks
from helpers.clone import Clone


@pytest.fixture(scope="module")
def newcomer(tmp_path_factory: pytest.TempPathFactory) -> Clone:
    folder = tmp_path_factory.mktemp("newcomer")
    clone = Clone.make(folder / "app", PRE_COMMIT_HOME=str(folder / "pre-commit"))
    hooks.bring(clone.folder, PRE_COMMIT_HOME=clone.environ["PRE_COMMIT_HOME"])
    assert "you are ready" in clone.invoke("onboard", "--no-start").output
    return clone


def test_the_environment_file_is_the_owner_s_alone_and_stays(newcomer: Clone) -> None:
    file = newcomer.folder / ".env"
    text = file.read_text()
    assert file.stat().st_mode & 0o777 == 0o600
    assert "\nBOARD_TOKEN=" in text
    assert "BOARD_TOKEN=development" not in text
    assert newcomer.git("status", "--porcelain") == ""
    newcomer.invoke("onboard", "--no-start")
    assert file.read_text() == text


def test_a_commit_is_looked_at_by_the_linters_of_what_it_changes(newcomer: Clone) -> None:
    wrong = newcomer.folder / "scripts/wrong.sh"
    wrong.write_text("#!/usr/bin/env bash\necho $1\n")
    newcomer.git("add", "scripts/wrong.sh")
    refused = commit(newcomer)
    assert refused.returncode == 1
    said = refused.stdout + refused.stderr
    assert "SC2086" in said
    assert "mypy" in said
    assert "Skipped" in said
    wrong.write_text('#!/usr/bin/env bash\necho "$1"\n')
    newcomer.git("add", "scripts/wrong.sh")
    taken = commit(newcomer)
    assert taken.returncode == 0, taken.stdout + taken.stderr


def commit(clone: Clone) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["git", "commit", "--quiet", "--message", "Add a script"],
        cwd=clone.folder, env=clone.environ, capture_output=True, text=True, check=False,
    )  # fmt: skip
