from __future__ import annotations

from shiplane.commands.compose import Compose, project
from shiplane.model import Host, Site

SITE = Site("staging", Host("s", "a", 22, "u", "k", "h"), "deployments/app-staging", "https://x", "compose.staging.yml")
WORDS = ("docker", "compose", "-p", "app-staging", "-f", "docker-compose.yml", "-f", "compose.staging.yml")
COMPOSE = Compose.of(SITE)


def test_the_project_is_the_folder_s_name() -> None:
    assert project(SITE) == "app-staging"


def test_pull_is_for_a_release_that_is_not_current() -> None:
    command = COMPOSE.of_release("1.0.0").pull(60.0)
    assert command.argv == (*WORDS, "pull", "--quiet", "--policy", "missing")
    assert command.cwd == "deployments/app-staging/releases/1.0.0"
    assert command.timeout == 60.0
    logged_in = COMPOSE.of_release("1.0.0", "../../.login").pull(60.0)
    assert logged_in.argv[:4] == ("docker", "--config", "../../.login", "compose")


def test_start_leaves_what_runs() -> None:
    words = (*WORDS, "up", "-d", "--no-recreate", "--no-build", "--pull", "never", "db", "my cache")
    assert COMPOSE.start(("db", "my cache")).argv == words


def test_one_command_in_a_container_of_its_own() -> None:
    command = COMPOSE.run_once("backend", ("python", "manage.py", "migrate"))
    assert command.argv == (
        *WORDS, "run", "--rm", "-T", "--no-deps", "--label", "dev.shiplane.once=1", "backend", "python", "manage.py",
        "migrate",
    )  # fmt: skip
