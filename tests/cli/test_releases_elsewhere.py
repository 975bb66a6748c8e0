"""Releases that were published on another machine, as in another job of a workflow, and servers behind a VPN."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest

from samples import CONFIG_TEXT, REMOTE, make_release
from shiplane.pipeline.store import Store

if TYPE_CHECKING:
    from projects import Project

KEPT = make_release("0123456789ab")
STATE = f"current\tother\nrelease\t{json.dumps(KEPT.to_json())}\n"
PRODUCTION = {"PRODUCTION_SERVER_HOST": "192.0.2.2"}


@pytest.mark.parametrize("name", ["0123456789ab", "0123456789ab" + "c" * 28])
def test_a_release_that_a_server_keeps_is_found_by_name_and_by_commit(project: Project, name: str) -> None:
    project.answers(servers=[("bash -s survey", STATE, 0)])
    line = f"deploy --env staging --release {name} --strategy recreate --target remote --dry-run"
    ended = project.invoke(line, **REMOTE)
    assert (ended.code, ended.err) == (0, "")
    assert "deploy: 0123456789ab on staging" in ended.out
    asked = [command.argv[2] for command in project.world.servers["staging"].commands]
    assert set(asked) == {"survey"}


def test_a_release_that_a_job_before_published_is_known_by_its_commit(project: Project) -> None:
    Store(project.folder).save_release("remote", KEPT)
    line = f"deploy --env staging --release {KEPT.id + 'c' * 28} --strategy recreate --target remote --dry-run"
    ended = project.invoke(line, REPOSITORY_OWNER="acme")
    assert (ended.code, ended.err) == (0, "")
    assert "deploy: 0123456789ab on staging" in ended.out
    assert project.world.servers == {}


def test_a_release_that_no_server_keeps(project: Project) -> None:
    project.answers(servers=[("bash -s survey", STATE, 0)])
    ended = project.invoke("promote --release ffffffffffff --target remote --dry-run", **REMOTE)
    assert (ended.code, ended.err.splitlines()[0]) == (2, "no published release for ffffffffffff on the target remote")
    assert set(project.world.servers) == {"staging", "production"}


def test_servers_that_are_not_set_are_not_asked(project: Project) -> None:
    ended = project.invoke("promote --release ffffffffffff --target remote --dry-run", REPOSITORY_OWNER="acme")
    assert (ended.code, ended.err.splitlines()[0]) == (2, "no published release for ffffffffffff on the target remote")
    assert project.world.servers == {}


def test_browser_tests_of_a_release(project: Project) -> None:
    project.answers(servers=[("bash -s survey", STATE, 0)])
    line = "e2e --env staging --target remote --dry-run"
    assert project.invoke(f"{line} --release 0123456789ab", **REMOTE).code == 0
    assert project.invoke(f"{line} --release ffffffffffff", **REMOTE).code == 2


@pytest.mark.parametrize(
    ("line", "stage", "environment", "waits"),
    [
        ("deploy --env staging --release 0123456789ab --strategy recreate", "staging", "staging", "staging.deploy"),
        ("promote --release 0123456789ab", "production", "production", "production.promote"),
        ("rollback --env production --to 0123456789ab", "production", "production", "production.rollback"),
        ("e2e --env staging", "e2e", "staging", "e2e.tests"),
    ],
)
def test_servers_behind_a_vpn(project: Project, line: str, stage: str, environment: str, waits: str) -> None:
    (project.folder / "pyproject.toml").write_text(CONFIG_TEXT + '[tool.shiplane.vpn]\nprovider = "tailscale"\n')
    project.answers(servers=[("bash -s survey", STATE, 0)])
    ended = project.invoke(f"{line} --target remote --dry-run", **REMOTE, TS_OAUTH_SECRET="tskey-client-1")
    assert (ended.code, ended.err) == (0, "")
    told = re.sub(r" \\\n +", " ", ended.out)
    flags = f"--advertise-tags=tag:ci --hostname=shiplane-{environment} --timeout=60s"
    up = f"tailscale up --auth-key file:/dev/stdin {flags}"
    assert f"{stage}.vpn  join the VPN\n    $ {up} < <TS_OAUTH_SECRET>\n    undo: $ tailscale logout\n" in told
    needs = told.partition(f"  {waits}  ")[2].partition("\n    needs ")[2].splitlines()[0]
    assert f"{stage}.vpn" in needs.split(", ")
    assert "tskey-client-1" not in told


def test_the_lab_is_behind_no_vpn(project: Project) -> None:
    (project.folder / "pyproject.toml").write_text(CONFIG_TEXT + '[tool.shiplane.vpn]\nprovider = "tailscale"\n')
    assert "tailscale" not in project.invoke("e2e --env staging --target lab --dry-run").out


def test_a_look_behind_a_vpn_joins_and_leaves_it(project: Project) -> None:
    (project.folder / "pyproject.toml").write_text(CONFIG_TEXT + '[tool.shiplane.vpn]\nprovider = "tailscale"\n')
    project.answers(servers=[("bash -s survey", STATE, 0)])
    line = "releases --env staging --target remote --json"
    ended = project.invoke(line, **REMOTE, TS_OAUTH_SECRET="tskey-client-1")
    assert (ended.code, ended.json) == (0, [])
    assert [told.split()[1:3] for told in project.transcript] == [
        ["tailscale", "status"],
        ["tailscale", "up"],
        ["tailscale", "logout"],
    ]


def test_a_machine_that_is_in_the_vpn_stays_in_it(project: Project) -> None:
    (project.folder / "pyproject.toml").write_text(CONFIG_TEXT + '[tool.shiplane.vpn]\nprovider = "tailscale"\n')
    project.answers(("tailscale status", '{"BackendState": "Running"}', 0), servers=[("bash -s survey", STATE, 0)])
    project.invoke("releases --env staging --target remote --json", **REMOTE, TS_OAUTH_SECRET="tskey-client-1")
    assert [told.split()[1:3] for told in project.transcript] == [["tailscale", "status"]]


def test_a_vpn_whose_secret_is_not_set_is_left_to_the_person(project: Project) -> None:
    (project.folder / "pyproject.toml").write_text(CONFIG_TEXT + '[tool.shiplane.vpn]\nprovider = "tailscale"\n')
    project.answers(servers=[("bash -s survey", STATE, 0)])
    assert project.invoke("releases --env staging --target remote --json", **REMOTE).code == 0
    assert project.transcript == []


def test_a_vpn_that_cannot_be_joined_is_left_and_told(project: Project) -> None:
    (project.folder / "pyproject.toml").write_text(CONFIG_TEXT + '[tool.shiplane.vpn]\nprovider = "tailscale"\n')
    project.answers(("tailscale up", "invalid key", 1))
    ended = project.invoke("releases --env staging --target remote", **REMOTE, TS_OAUTH_SECRET="tskey-client-1")
    assert (ended.code, ended.err.splitlines()[0]) == (4, "the VPN cannot be joined")
    assert project.transcript[-1] == "local$ tailscale logout"
    assert project.world.servers == {}
