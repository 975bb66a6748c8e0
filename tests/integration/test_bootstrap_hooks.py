"""The bootstrap brings git hooks, and takes nobody by surprise."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

import hooks

ROOT = Path(__file__).resolve().parents[2]
CONFIG = "repos: [{repo: local, hooks: [{id: refuse, name: r, language: fail, entry: no such file, files: wrong}]}]\n"
MISSING = "no linter looks at a commit\n"


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """Give a checkout whose only hook refuses a file called `wrong`, and which has no other file of ours."""
    made = tmp_path / "it's fresh"
    made.mkdir()
    git(made, "init", "--quiet", "-b", "main")
    (made / "scripts").symlink_to(ROOT / "scripts")
    (made / ".venv").symlink_to(ROOT / ".venv")
    (made / ".pre-commit-config.yaml").write_text(CONFIG)
    git(made, "add", ".pre-commit-config.yaml")
    return made


def git(folder: Path, *words: str, code: int = 0) -> str:
    who = ("-c", "user.name=Test", "-c", "user.email=test@example.com")
    environ = {"PATH": "/usr/bin:/bin", "HOME": str(folder.parent), "GIT_CONFIG_NOSYSTEM": "1"}
    done = subprocess.run(
        ["git", *who, *words], cwd=folder, env=environ, capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout + done.stderr


def environ(checkout: Path) -> dict[str, str]:
    return {"HOME": str(checkout.parent), "GIT_CONFIG_NOSYSTEM": "1", "PRE_COMMIT_HOME": str(checkout.parent / "cache")}


def problem(checkout: Path, **more: str) -> str:
    return hooks.call(checkout, "hooks_problem", **environ(checkout), **more)


def bring(checkout: Path, **more: str) -> str:
    return hooks.bring(checkout, **environ(checkout), **more)


def hook(checkout: Path) -> Path:
    return checkout / ".git/hooks/pre-commit"


def test_a_commit_is_looked_at_and_a_second_bootstrap_changes_nothing(checkout: Path) -> None:
    assert problem(checkout) == MISSING
    assert not hook(checkout).exists()
    assert "git hooks: no linter looks at a commit; installing them" in bring(checkout)
    assert problem(checkout) == ""
    before = hook(checkout).stat().st_mtime_ns
    assert bring(checkout) == ""
    assert hook(checkout).stat().st_mtime_ns == before
    (checkout / "wrong").touch()
    git(checkout, "add", "wrong")
    assert "no such file" in git(checkout, "commit", "-m", "Wrong", code=1)
    git(checkout, "commit", "--no-verify", "-m", "Wrong")


def test_a_branch_without_the_configuration_can_be_committed_to(checkout: Path) -> None:
    bring(checkout)
    git(checkout, "rm", "--quiet", "--force", ".pre-commit-config.yaml")
    git(checkout, "commit", "--allow-empty", "-m", "Before hooks")


def test_a_hook_whose_environment_is_gone_is_made_anew(checkout: Path) -> None:
    bring(checkout)
    text = hook(checkout).read_text()
    line = next(line for line in text.splitlines() if line.startswith("INSTALL_PYTHON="))
    hook(checkout).write_text(text.replace(line, "INSTALL_PYTHON='/gone with it/python'"))
    assert "environment that is gone" in problem(checkout)
    bring(checkout)
    assert hook(checkout).read_text() == text


@pytest.mark.parametrize("variable", [{"CI": "true"}, {"CI": "1"}])
def test_in_a_ci_there_are_none(checkout: Path, variable: dict[str, str]) -> None:
    assert (problem(checkout, **variable), bring(checkout, **variable)) == ("", "")
    assert not hook(checkout).exists()


def test_a_hook_of_somebody_s_own_stays_as_it_is(checkout: Path) -> None:
    hook(checkout).parent.mkdir(exist_ok=True)
    hook(checkout).write_text("#!/bin/sh\nexit 0\n")
    assert (problem(checkout), bring(checkout)) == ("", "")
    assert hook(checkout).read_text() == "#!/bin/sh\nexit 0\n"
    assert not hook(checkout).with_name("pre-commit.legacy").exists()


def test_hooks_that_are_elsewhere_are_left_alone(checkout: Path) -> None:
    git(checkout, "config", "core.hooksPath", "my-hooks")
    assert (problem(checkout), bring(checkout)) == ("", "")
    assert not hook(checkout).exists()


def test_a_linked_worktree_and_what_is_no_checkout_get_none(checkout: Path, tmp_path: Path) -> None:
    git(checkout, "commit", "--quiet", "-m", "Begin")
    git(checkout, "worktree", "add", "--quiet", str(tmp_path / "linked"))
    plain = tmp_path / "plain"
    plain.mkdir()
    (plain / ".pre-commit-config.yaml").write_text("repos: []\n")
    for folder in (tmp_path / "linked", plain):
        (folder / "scripts").symlink_to(ROOT / "scripts")
        assert hooks.call(folder, "hooks_problem", **environ(checkout)) == ""


def test_where_they_cannot_be_installed_the_bootstrap_goes_on(checkout: Path) -> None:
    (checkout / ".venv").unlink()
    assert f"git hooks: could not be installed; see {checkout}/.git/hooks.log" in bring(checkout)
    assert problem(checkout) == MISSING
