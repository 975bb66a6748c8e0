"""The dry run of every command that has one: nothing is written here, and servers are only looked at."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import pytest

from projects import NAMESPACE
from samples import make_release
from shiplane.pipeline.store import Store

if TYPE_CHECKING:
    from pathlib import Path

    from projects import Project

LINES = {
    "build": "build",
    "config.set": "config.set limits.e2e 900",
    "config.unset": "config.unset release_command",
    "deploy": "deploy --env staging --release r1",
    "dev.down": "dev.down",
    "dev.up": "dev.up",
    "doctor": "doctor --fix --seconds 60",
    "e2e": "e2e --env staging",
    "exec": "exec --env staging --service backend -- rm -rf /",
    "github.close-fixed": "github.close-fixed",
    "github.deployments": "github.deployments",
    "github.report-failure": "github.report-failure",
    "lab.down": "lab.down",
    "lab.up": "lab.up",
    "maintenance.off": "maintenance.off --env staging",
    "maintenance.on": "maintenance.on --env staging",
    "pipeline": "pipeline",
    "promote": "promote --to production",
    "publish": "publish",
    "rollback": "rollback --env staging",
    "server.prepare": "server.prepare --env staging --apply",
    "version.bump": "version.bump backend minor",
    "unlock": "unlock --env staging --yes",
}
ONLY_LOOK = {
    *(
        "audit",
        "backups",
        "config.show",
        "dev.logs",
        "dev.shell",
        "dev.status",
        "history",
        "lab.status",
        "logs",
        "plan",
        "releases",
    ),
    *("report", "status", "verify", "version.show"),
}
LOOKS = (
    *("git ", "docker info", "docker image inspect", "docker compose version", "docker buildx version"),
    *("docker version", "docker ps", "docker compose --file docker-compose.yml", "ss -H"),
    "./scripts/bootstrap --check",
    "bash -s survey",
)
"""How commands begin that change nothing."""


def with_dry_run() -> set[str]:
    return {
        name
        for name in NAMESPACE.task_names
        if any("dry-run" in argument.names for argument in NAMESPACE[name].get_arguments())
    }


def contents(folder: Path) -> dict[str, str]:
    return {
        str(file.relative_to(folder)): hashlib.sha256(file.read_bytes()).hexdigest()
        for file in folder.rglob("*")
        if file.is_file()
    }


def test_every_command_that_changes_something_has_one() -> None:
    assert with_dry_run() == set(LINES)
    assert set(NAMESPACE.task_names) - with_dry_run() == ONLY_LOOK


@pytest.mark.parametrize("name", sorted(with_dry_run()))
def test_a_dry_run_writes_nothing(project: Project, name: str) -> None:
    Store(project.folder).save_release("lab", make_release("r1"))
    before = contents(project.folder)
    flags, _, rest = LINES[name].partition(" -- ")
    ended = project.invoke(f"{flags} --dry-run{f' -- {rest}' if rest else ''}")
    assert ended.code in (0, 2, 4), ended
    assert contents(project.folder) == before
    asked = [*project.transcript, *(line for server in project.world.servers.values() for line in server.transcript)]
    plain = [line.partition("$ ")[2].removeprefix("GIT_OPTIONAL_LOCKS=0 ") for line in asked]
    assert [line for line in plain if not line.startswith(LOOKS)] == []
