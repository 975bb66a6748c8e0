"""The two scripts for newcomers: what they refuse, and that they pass words on as they were."""

import json
import os
import re
import secrets
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
DEVELOPMENT = ROOT / "docker-dev.sh"
TESTS = ROOT / "testing/run-tests.sh"
# Names that no image has: those of the development stack that somebody uses here are not this test's to remove.
KEPT_IMAGES = {"BACKEND_DEV_IMAGE": "backend-dev:nobody", "FRONTEND_DEV_IMAGE": "frontend-dev:nobody"}


def run(script: Path, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    environ = {**os.environ, "DISPLAY": "", "WAYLAND_DISPLAY": "", **variables}
    return subprocess.run(
        [str(script), *arguments],
        env=environ, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, timeout=600,
    )  # fmt: skip


@pytest.mark.parametrize("script", [DEVELOPMENT, TESTS])
def test_help_goes_to_standard_output(script: Path) -> None:
    done = run(script, "--help")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("usage: ")


@pytest.mark.parametrize(
    ("script", "arguments", "message"),
    [
        (DEVELOPMENT, ["strat"], "error: unknown command: strat; the list is above"),
        (DEVELOPMENT, ["clean", "everything"], "unknown degree 'everything'"),
        (DEVELOPMENT, ["start", "bakend"], "unknown service 'bakend'"),
        (DEVELOPMENT, ["restore"], "error: restore needs a backup"),
        (DEVELOPMENT, ["restore", "nothing"], "backup 'nothing' cannot be restored"),
        (DEVELOPMENT, ["reset"], "remove these data?: there is no terminal to ask on"),
        (DEVELOPMENT, ["exec", "backend"], "error: exec needs a service and a command"),
        (DEVELOPMENT, ["shell"], "error: shell needs a service: "),
        (TESTS, ["--suite", "speed"], "unknown suite 'speed'\nfix: "),
        (TESTS, ["--headed"], "--headed needs a screen"),
    ],
)
def test_a_wrong_call_says_what_is_right(script: Path, arguments: list[str], message: str) -> None:
    done = run(script, *arguments)
    assert done.returncode == 2
    assert message in done.stderr


def test_the_script_takes_the_options_of_the_command() -> None:
    planned = run(TESTS, "--suite=unit", "--dry-run", "--json")
    assert planned.returncode == 0, planned.stderr
    assert json.loads(planned.stdout)["suites"] == ["unit (backend)", "unit (frontend)"]
    wrong = run(TESTS, "--fast")
    assert (wrong.returncode, wrong.stderr) == (1, "No idea what '--fast' is!\n")


def test_a_checkout_that_is_not_prepared_says_so(tmp_path: Path) -> None:
    (tmp_path / "testing").mkdir()
    script = Path(shutil.copy(TESTS, tmp_path / "testing"))
    done = run(script, "--suite", "unit")
    assert (done.returncode, done.stdout) == (2, "")
    assert "fix: run ./scripts/bootstrap" in done.stderr


def test_an_unknown_command_is_answered_with_the_list() -> None:
    commands = re.findall(r"^  ([a-z-]+) ", run(DEVELOPMENT, "strat").stderr, re.MULTILINE)
    assert {"start", "stop", "status", "logs", "validate", "db-shell", "clean", "backup", "restore"} <= set(commands)


@pytest.mark.parametrize("script", [DEVELOPMENT, TESTS])
def test_without_an_engine_the_fix_is_named(script: Path) -> None:
    done = run(script, *(["status"] if script == DEVELOPMENT else []), DOCKER_HOST="unix:///nowhere.sock")
    assert done.returncode == 2
    assert "run ./scripts/bootstrap" in done.stderr


def test_validate_checks_every_environment() -> None:
    done = run(DEVELOPMENT, "validate")
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.split("\n") == [*(f"{e}: valid" for e in ("development", "test", "staging", "production")), ""]


@pytest.fixture
def redis() -> Iterator[dict[str, str]]:
    variables = {"COMPOSE_PROJECT_NAME": f"compose-scripts-{secrets.token_hex(4)}", "DEV_REDIS_PORT": "0"}
    try:
        done = run(DEVELOPMENT, "start", "redis", **variables)
        assert done.returncode == 0, done.stderr
        yield variables
    finally:
        run(DEVELOPMENT, "clean", "all", "--yes", **variables, **KEPT_IMAGES)


def test_words_reach_the_service_as_they_were_typed(redis: dict[str, str]) -> None:
    words = ["a b", "$HOME", "'", '"', "*", ""]
    done = run(DEVELOPMENT, "exec", "redis", "printf", "<%s>", *words, **redis)
    assert done.stdout == "".join(f"<{word}>" for word in words)
    assert run(DEVELOPMENT, "redis-cli", "set", "two words", "it's", **redis).stdout.strip() == "OK"
    assert run(DEVELOPMENT, "redis-cli", "get", "two words", **redis).stdout.strip() == "it's"


def test_clean_keeps_the_data_until_it_is_told(redis: dict[str, str]) -> None:
    run(DEVELOPMENT, "redis-cli", "set", "kept", "yes", **redis)
    cleaned = run(DEVELOPMENT, "clean", "--yes", **redis)
    assert cleaned.returncode == 0, cleaned.stderr
    assert "what stays: the data" in cleaned.stdout
    assert run(DEVELOPMENT, "start", "redis", **redis).returncode == 0
    assert run(DEVELOPMENT, "redis-cli", "get", "kept", **redis).stdout.strip() == "yes"
    volume = f"{redis['COMPOSE_PROJECT_NAME']}_redis-data"
    assert volume in run(DEVELOPMENT, "volumes", **redis).stdout
    assert run(DEVELOPMENT, "clean", **redis).returncode == 2
    assert run(DEVELOPMENT, "clean", "all", "--yes", **redis, **KEPT_IMAGES).returncode == 0
    listed = subprocess.run(["docker", "volume", "ls", "-q"], capture_output=True, text=True, check=True).stdout
    assert volume not in listed
