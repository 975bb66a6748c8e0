"""`invoke onboard` and `completion` as whole commands."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from projects import Project

EXAMPLE = "# Ports\n#DB_PASSWORD=development\n#BOARD_TOKEN=development\n#PROXY_PORT=8080\n"
MODEL = json.dumps({"name": "app-dev", "services": {}, "volumes": {"db-data": {"name": "app-dev_db-data"}}})
FRESH = (("docker compose .* config --format json", MODEL, 0), ("docker volume ls", "other_db-data", 0))
STEPS = [
    "local$ .venv/bin/invoke doctor --fix --seconds 30",
    "local$ .venv/bin/invoke dev.up",
    "local$ .venv/bin/invoke test --suite unit",
]


def orders(project: Project) -> list[str]:
    return [line for line in project.transcript if ".venv/bin" in line]


@pytest.fixture
def newcomer(project: Project) -> Project:
    (project.folder / ".env.example").write_text(EXAMPLE)
    project.answers(*FRESH)
    return project


def env(project: Project) -> str:
    return (project.folder / ".env").read_text()


def test_everything_runs_in_order_and_ends_with_the_commands_of_the_day(newcomer: Project) -> None:
    ended = newcomer.invoke("onboard")
    assert (ended.code, ended.err) == (0, "")
    assert orders(newcomer) == STEPS
    closing = ended.out[ended.out.index("you are ready") :]
    commands = [line.split("  ")[1] for line in closing.splitlines() if line.startswith("  ")]
    assert commands == ["invoke dev.up", "invoke test --changed", "nox -s lint", "invoke plan", "invoke pipeline"]


def test_the_environment_file_holds_secrets_of_its_own_for_its_owner_alone(newcomer: Project) -> None:
    ended = newcomer.invoke("onboard --no-start")
    assert ended.code == 0
    assert orders(newcomer) == STEPS[:1]
    made = dict(line.split("=", 1) for line in env(newcomer).splitlines() if not line.startswith("#"))
    assert set(made) == {"DB_PASSWORD", "BOARD_TOKEN"}
    assert made["DB_PASSWORD"] != made["BOARD_TOKEN"]
    assert all(len(value) >= 32 for value in made.values())
    assert not any(value in ended.out + ended.err for value in made.values())
    assert (newcomer.folder / ".env").stat().st_mode & 0o777 == 0o600
    before = env(newcomer)
    again = newcomer.invoke("onboard --no-start")
    assert again.code == 0
    assert "it is there already: left as it is" in again.out
    assert env(newcomer) == before


@pytest.mark.parametrize(
    "answers",
    [
        (FRESH[0], ("docker volume ls", "other\napp-dev_db-data", 0)),
        (FRESH[0], ("docker volume ls", "Cannot connect to the Docker daemon", 1)),
        (("docker compose", "", 1),),
    ],
    ids=["it has", "the engine does not say", "Compose does not say"],
)
def test_a_database_that_may_have_data_keeps_its_password(
    newcomer: Project, answers: tuple[tuple[str, str, int], ...]
) -> None:
    newcomer.answers(*answers)
    ended = newcomer.invoke("onboard --no-start")
    assert ended.code == 0
    assert "#DB_PASSWORD=development\nBOARD_TOKEN=" in env(newcomer)
    assert "DB_PASSWORD stays the default" in ended.out


def test_a_project_without_an_example_needs_no_file(project: Project) -> None:
    assert project.invoke("onboard --no-start").code == 0
    assert not (project.folder / ".env").exists()


def test_what_doctor_finds_ends_the_way_only_where_the_stack_would_start(newcomer: Project) -> None:
    newcomer.answers(("invoke doctor", "✗ ports.8080: port 8080 is held", 2), *FRESH)
    ended = newcomer.invoke("onboard")
    assert (ended.code, orders(newcomer)) == (3, STEPS[:1])
    assert "port 8080 is held" in ended.out
    assert "run ./scripts/onboard again" in ended.err
    assert not (newcomer.folder / ".env").exists()
    assert newcomer.invoke("onboard --no-start").code == 0


def test_a_stack_that_does_not_start_is_followed_by_no_tests(newcomer: Project) -> None:
    newcomer.answers(("invoke dev.up", "no", 3), *FRESH)
    ended = newcomer.invoke("onboard")
    assert (ended.code, orders(newcomer)) == (3, STEPS[:2])
    assert "you are ready" not in ended.out


def test_a_dry_run_says_what_would_run(newcomer: Project) -> None:
    ended = newcomer.invoke("onboard --dry-run")
    told = [line.replace("local$", "$") for line in STEPS]
    assert ended.out.splitlines() == [told[0], "make .env of .env.example, with generated secrets", *told[1:]]
    assert orders(newcomer) == []
    assert not (newcomer.folder / ".env").exists()
    (newcomer.folder / ".env").symlink_to("elsewhere")
    assert newcomer.invoke("onboard --dry-run").out.splitlines() == told


@pytest.mark.parametrize(
    ("shell", "loads"), [("bash", "complete -o default"), ("zsh", "compdef"), ("fish", "complete --command")]
)
def test_each_shell_gets_its_script(project: Project, shell: str, loads: str) -> None:
    ended = project.invoke(f"completion --shell {shell}")
    assert (ended.code, ended.err) == (0, "")
    assert loads in ended.out
    assert "shiplane.cli.complete" in ended.out
    assert project.invoke("completion", SHELL=f"/usr/bin/{shell}").out == ended.out
    assert project.transcript == []


def test_a_shell_that_is_not_known(project: Project) -> None:
    ended = project.invoke("completion --shell tcsh")
    assert ended.code == 2
    assert ended.err.startswith("unknown shell 'tcsh'")
