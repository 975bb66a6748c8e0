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


def test_up() -> None:
    command = COMPOSE.up(("db", "redis"))
    assert command.argv == (*WORDS, "up", "-d", "--force-recreate", "--no-build", "--pull", "never", "db", "redis")
    assert command.cwd == "deployments/app-staging"


def test_up_of_the_others_asks_the_files_for_their_names() -> None:
    line = COMPOSE.up_others(("db", "my cache")).argv[2]
    up = " ".join((*WORDS, "up -d --force-recreate --no-build --pull never --remove-orphans"))
    assert line == f"{up} $({' '.join(WORDS)} config --services | grep -Fvx -e db -e 'my cache')"
    assert COMPOSE.up_others(()).argv[2] == f"{up} $({' '.join(WORDS)} config --services)"


def test_one_command_in_a_container_of_its_own() -> None:
    command = COMPOSE.run_once("backend", ("python", "manage.py", "migrate"))
    assert command.argv == (*WORDS, "run", "--rm", "-T", "--no-deps", "backend", "python", "manage.py", "migrate")
