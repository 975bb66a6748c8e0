"""The dry run of every command that has one: nothing is written here, and servers are only looked at."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest

import journals
import stacks
from checkouts import contents
from projects import NAMESPACE
from samples import REMOTE, make_release
from shiplane.pipeline.release_files import in_checkout
from shiplane.pipeline.store import Store
from shiplane.runners.http import Answer

if TYPE_CHECKING:
    from projects import Project

LINES = {
    "build": "build",
    "config.set": "config.set limits.e2e 900",
    "config.unset": "config.unset release_command",
    "deploy": "deploy --env staging --release r1 --target remote",
    "dev.backup": "dev.backup",
    "dev.build": "dev.build",
    "dev.check": "dev.check --recovery",
    "dev.clean": "dev.clean --degree all",
    "dev.down": "dev.down --volumes",
    "dev.preflight": "dev.preflight --fix --seconds 60",
    "dev.rebuild": "dev.rebuild",
    "dev.reset": "dev.reset",
    "dev.restart": "dev.restart",
    "dev.restore": "dev.restore last",
    "dev.shell": "dev.shell -- rm -rf /",
    "dev.stop": "dev.stop",
    "dev.up": "dev.up",
    "doctor": "doctor --fix --seconds 60",
    "e2e": "e2e --env staging --target remote",
    "exec": "exec --env staging --service backend -- rm -rf /",
    "github.close-fixed": "github.close-fixed",
    "github.deployments": "github.deployments",
    "github.report-failure": "github.report-failure",
    "images.prune": "images.prune --target remote",
    "lab.down": "lab.down",
    "lab.up": "lab.up",
    "maintenance.off": "maintenance.off --env staging --target remote",
    "maintenance.on": "maintenance.on --env staging --target remote",
    "onboard": "onboard",
    "pipeline": "pipeline",
    "promote": "promote --to production --target remote",
    "publish": "publish",
    "report": "report --junit tests.xml --markdown summary.md --bundle",
    "rollback": "rollback --env staging --target remote",
    "server.prepare": "server.prepare --env staging --apply --target remote",
    "server.prune": "server.prune --env staging --target remote",
    "test": "test",
    "version.bump": "version.bump backend minor",
    "unlock": "unlock --env staging --yes --target remote",
    "vpn.leave": "vpn.leave",
}
ONLY_LOOK = {
    *(
        "audit",
        "backups",
        "completion",
        "config.show",
        "dev.backups",
        "dev.logs",
        "dev.status",
        "dev.validate",
        "dev.volumes",
        "dev.watch",
        "history",
        "images.inspect",
        "lab.status",
        "logs",
        "plan",
        "releases",
    ),
    *("status", "verify", "version.show"),
}
LOOKS = (
    *("git ", "docker info", "docker image inspect", "docker compose version", "docker buildx version"),
    *("docker version", "docker ps", "docker volume ls", "docker image ls", "ss -H"),
    *(f"docker compose --file docker-compose.yml --profile '*' {question} " for question in ("config", "ps")),
    "docker compose --file docker-compose.yml --file compose.",
    "./scripts/bootstrap --check",
    *("bash -s survey", "bash -s lock show", "bash -s preview", "bash -s prepare check", "sh -c true"),
)
"""How commands begin that change nothing."""
RESOLVES = re.compile(r"env -i .* docker compose (-p|-f) .* config --format json$")
"""Compose, with the variables of a release alone, saying what it makes of its files."""


def with_dry_run() -> set[str]:
    return {
        name
        for name in NAMESPACE.task_names
        if any("dry-run" in argument.names for argument in NAMESPACE[name].get_arguments())
    }


def test_every_command_that_changes_something_has_one() -> None:
    assert with_dry_run() == set(LINES)
    assert set(NAMESPACE.task_names) - with_dry_run() == ONLY_LOOK


class Public:
    """Answer every question with nothing, and take no order."""

    def request(self, method: str, url: str, **_words: object) -> Answer:
        assert method == "GET"
        return Answer(200, '{"tags": null}' if "/tags/list" in url else "[]")


CODES = {"dev.preflight": 2, "doctor": 2, "server.prepare": 3}
"""What looks for something wrong finds it here, and says so in its dry run too."""
STATE = "\n".join(
    f"{kind}\t{told}" for kind, told in (("current", "r1"), ("release", json.dumps(make_release("r1").to_json())))
)


@pytest.mark.parametrize("name", sorted(with_dry_run()))
def test_a_dry_run_writes_nothing(project: Project, tmp_path_factory: pytest.TempPathFactory, name: str) -> None:
    home = tmp_path_factory.mktemp("home")
    places = (project.folder, home, project.folder.with_name(f"{project.folder.name}-state"))
    for variable in ("HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME"):
        project.patch.setenv(variable, str(home))
    store = Store(project.folder)
    store.save_release("remote", make_release("r1"))
    store.save_release_files("remote", "r1", in_checkout(project.folder))
    journals.failing().write(store.root / "runs")
    stacks.kept(project.folder, "20260101T000000Z-dev", "database")
    project.answers(*stacks.answers(), servers=[("bash -s survey", STATE, 0), ("bash -s lock show", "free\t", 0)])
    project.world.public = Public()
    before = contents(*places)
    flags, _, rest = LINES[name].partition(" -- ")
    ended = project.invoke(
        f"{flags} --dry-run{f' -- {rest}' if rest else ''}", **REMOTE, GITHUB_REPOSITORY="acme/app", GITHUB_TOKEN="t"
    )
    assert ended.code == CODES.get(name, 0), ended
    assert contents(*places) == before
    asked = [*project.transcript, *(line for server in project.world.servers.values() for line in server.transcript)]
    plain = [line.partition("$ ")[2].removeprefix("GIT_OPTIONAL_LOCKS=0 ") for line in asked]
    assert [line for line in plain if not line.startswith(LOOKS) and not RESOLVES.match(line)] == []
