"""The compose stacks on this machine: development and test."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shiplane.model import Command

if TYPE_CHECKING:
    from collections.abc import Mapping

DEVELOPMENT = ("docker-compose.yml",)
TEST = ("docker-compose.yml", "compose.test.yml")
HEALTHY_SECONDS = 120


def up(project: str, services: tuple[str, ...], env: Mapping[str, str], files: tuple[str, ...] = TEST) -> Command:
    """Start services and wait until they are healthy; none named means all."""
    flags = ("--detach", "--wait", "--wait-timeout", str(HEALTHY_SECONDS), "--no-build", "--quiet-pull")
    return compose(project, ("up", *flags, *services), env, files)


def run(project: str, name: str, service: str, argv: tuple[str, ...], env: Mapping[str, str]) -> Command:
    """Run a command in a new container of a service of the test stack; the container is kept under its name."""
    return compose(project, ("run", "--no-deps", "--no-TTY", "--name", name, service, *argv), env, TEST)


def down(project: str, env: Mapping[str, str], files: tuple[str, ...] = TEST, *, volumes: bool = True) -> Command:
    """Remove a stack's containers and networks, and with `volumes` its data; a stack that is not there is fine."""
    flags = ("--remove-orphans", "--timeout", "2") + (("--volumes",) if volumes else ())
    return compose(project, ("--profile", "*", "down", *flags), env, files)


def compose(project: str, arguments: tuple[str, ...], env: Mapping[str, str], files: tuple[str, ...]) -> Command:
    """Call Compose for a project that Shiplane names itself, so that two checkouts never meet."""
    chosen = tuple(item for file in files for item in ("--file", file))
    head = ("docker", "compose", "--progress", "quiet", "--project-name", project, *chosen)
    return Command((*head, *arguments), env=tuple(sorted(env.items())))
