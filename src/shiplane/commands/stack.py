"""The compose stacks on this machine: development and test."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shiplane.model import Command

if TYPE_CHECKING:
    from collections.abc import Mapping

DEVELOPMENT = ("docker-compose.yml",)
TEST = ("docker-compose.yml", "compose.test.yml")
HEALTHY_SECONDS = 120
RUNNER = "test-runner"
REPORTS = "/reports"
"""Where the container of the browser tests leaves its reports."""
TEST_PORTS = {"DB": 5433, "REDIS": 6380, "BACKEND": 8001, "FRONTEND": 5174, "PROXY": 8081}
"""Ports of the test environment, by the middle of the variable that sets another."""


def up(project: str, services: tuple[str, ...], env: Mapping[str, str], files: tuple[str, ...] = TEST) -> Command:
    """Start services and wait until they are healthy; none named means all."""
    flags = ("--detach", "--wait", "--wait-timeout", str(HEALTHY_SECONDS), "--no-build", "--quiet-pull")
    return compose(project, ("up", *flags, *services), env, files)


def run(project: str, name: str, service: str, argv: tuple[str, ...], env: Mapping[str, str]) -> Command:
    """Run a command in a new container of a service of the test stack; the container is kept under its name."""
    return compose(project, ("run", "--no-deps", "--no-TTY", "--name", name, service, *argv), env, TEST)


def browser_tests(
    project: str, arguments: tuple[str, ...], env: Mapping[str, str], folder: str = "", volume: str = ""
) -> Command:
    """Run Playwright in the test stack; `folder` is where below the reports it writes, `volume` is mounted too."""
    place = ("--env", f"REPORTS_DIR={REPORTS}/{folder}") if folder else ()
    more = ("--volume", volume) if volume else ()
    words = ("run", "--rm", "--no-deps", "--no-TTY", *place, *more, RUNNER, "npx", "playwright", "test", *arguments)
    return compose(project, words, env, TEST)


def containers(project: str, env: Mapping[str, str]) -> Command:
    """Ask for the ids of the test stack's containers that run, a line each."""
    return compose(project, ("ps", "--quiet"), env, TEST)


def parts(project: str) -> tuple[Command, ...]:
    """Ask for the ids of a project's containers, running or not, and of its networks."""
    chosen = ("--quiet", "--filter", f"label=com.docker.compose.project={project}")
    return Command(("docker", "ps", "--all", *chosen)), Command(("docker", "network", "ls", *chosen))


def states(project: str, env: Mapping[str, str]) -> Command:
    """Ask for the state of each container of the test stack, a line each."""
    return compose(project, ("ps", "--all", "--format", "{{.Service}}: {{.Status}}"), env, TEST)


def last_lines(project: str, env: Mapping[str, str], *services: str, tail: int = 40) -> Command:
    """Ask for the last lines of the test stack's logs."""
    return compose(project, ("logs", "--no-color", "--tail", str(tail), *services), env, TEST)


def published(project: str, service: str, port: int, env: Mapping[str, str]) -> Command:
    """Ask for the address at which a port of a service is published."""
    return compose(project, ("port", service, str(port)), env, TEST)


def down(project: str, env: Mapping[str, str], files: tuple[str, ...] = TEST, *, volumes: bool = True) -> Command:
    """Remove a stack's containers and networks, and with `volumes` its data; a stack that is not there is fine."""
    flags = ("--remove-orphans", "--timeout", "2") + (("--volumes",) if volumes else ())
    return compose(project, ("--profile", "*", "down", *flags), env, files)


def compose(project: str, arguments: tuple[str, ...], env: Mapping[str, str], files: tuple[str, ...]) -> Command:
    """Call Compose for a project that Shiplane names itself, so that two checkouts never meet."""
    chosen = tuple(item for file in files for item in ("--file", file))
    head = ("docker", "compose", "--progress", "quiet", "--project-name", project, *chosen)
    return Command((*head, *arguments), env=tuple(sorted(env.items())))
