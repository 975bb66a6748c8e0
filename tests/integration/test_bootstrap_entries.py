"""The newcomer's scripts prepare the machine first, then hand over, and keep the exit code."""

import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PYTEST = "python -m pytest --numprocesses 2"


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """Copy the scripts to a checkout whose bootstrap, Invoke and Python only write down how they were called."""
    fresh = tmp_path / "fresh checkout"
    shutil.copytree(ROOT / ".ci", fresh / ".ci")
    (fresh / "scripts").mkdir()
    for name in ("demo", "onboard", "test"):
        shutil.copy(ROOT / "scripts" / name, fresh / "scripts")
    (fresh / ".venv" / "bin").mkdir(parents=True)
    for name in ("scripts/bootstrap", ".venv/bin/invoke", ".venv/bin/python"):
        write(fresh, name, 0)
    return fresh


def write(checkout: Path, name: str, code: int) -> None:
    """Write a program that appends its call to `calls` and leaves with a code."""
    path = checkout / name
    path.write_text(f'#!/bin/bash\necho "${{0##*/}} $*" >>calls\nexit {code}\n')
    path.chmod(0o755)


def calls(checkout: Path, script: str, *arguments: str) -> tuple[int, list[str]]:
    """Run a script of the checkout and return its exit code and what it called."""
    done = subprocess.run(
        [checkout / script, *arguments], cwd=checkout, stdin=subprocess.DEVNULL, timeout=30, check=False
    )
    return done.returncode, (checkout / "calls").read_text().splitlines()


def test_demo_ships_a_push_to_main_and_shows_where_it_is(checkout: Path) -> None:
    assert calls(checkout, "scripts/demo") == (
        0,
        ["bootstrap --no-hooks", "invoke pipeline --target lab --event push --branch main", "invoke lab.status"],
    )


def test_demo_ends_with_the_code_of_the_pipeline(checkout: Path) -> None:
    write(checkout, ".venv/bin/invoke", 6)
    code, called = calls(checkout, "scripts/demo")
    assert (code, len(called)) == (6, 2)


@pytest.mark.parametrize("script", ["scripts/demo", "scripts/onboard", "scripts/test", ".ci/run"])
def test_nothing_follows_a_bootstrap_that_failed(checkout: Path, script: str) -> None:
    write(checkout, "scripts/bootstrap", 2)
    code, called = calls(checkout, script)
    assert (code, len(called)) == (2, 1)
    assert called[0].startswith("bootstrap ")


@pytest.mark.parametrize(
    ("options", "first"), [((), ""), (("--no-start",), ""), (("--no-start", "--dry-run"), "--check")]
)
def test_onboard_hands_its_options_over(checkout: Path, options: tuple[str, ...], first: str) -> None:
    told = [f"bootstrap {first}", " ".join(("invoke onboard", *options))]
    assert calls(checkout, "scripts/onboard", *options) == (0, told)


def test_a_dry_run_of_onboard_goes_on_where_something_is_missing_and_can(checkout: Path) -> None:
    write(checkout, "scripts/bootstrap", 2)
    assert calls(checkout, "scripts/onboard", "--dry-run") == (0, ["bootstrap --check", "invoke onboard --dry-run"])
    (checkout / "calls").unlink()
    (checkout / ".venv/bin/invoke").unlink()
    assert calls(checkout, "scripts/onboard", "--dry-run") == (0, ["bootstrap --check"])


def test_onboard_refuses_what_it_does_not_know_before_anything_runs(checkout: Path) -> None:
    done = subprocess.run([checkout / "scripts/onboard", "--no-strat"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("error: unknown option: --no-strat\n  fix: ")
    assert not (checkout / "calls").exists()


def test_test_passes_arguments_on_and_keeps_the_code(checkout: Path) -> None:
    write(checkout, ".venv/bin/python", 1)
    assert calls(checkout, "scripts/test", "-k", "lock") == (1, ["bootstrap --no-hooks", f"{PYTEST} -k lock"])


def test_ci_runs_the_tests_and_nothing_else(checkout: Path) -> None:
    assert calls(checkout, ".ci/run") == (0, ["bootstrap --no-hooks", PYTEST])
    lines = (ROOT / ".ci" / "run").read_text().splitlines()
    assert lines == ["#!/usr/bin/env bash", "exec ./scripts/test"]
