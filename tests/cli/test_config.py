"""`config.show`, `config.set`, `config.unset`, and secrets from a command, as whole commands."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from checkouts import make_checkout
from samples import CONFIG_TEXT, HARD, REMOTE

if TYPE_CHECKING:
    from projects import Project


def text(project: Project) -> str:
    return (project.folder / "pyproject.toml").read_text()


def test_every_value_says_where_it_comes_from(project: Project) -> None:
    found = project.invoke(
        "config.show --json",
        SHIPLANE_SET_LIMITS__E2E="77",
        CONTAINER_REGISTRY="registry.test",
        STAGING_SERVER_HOST="192.0.2.7",
    ).json
    assert found["limits.e2e"] == {"value": 77, "origin": "SHIPLANE_SET_LIMITS__E2E"}
    assert found["registry"] == {"value": "registry.test", "origin": "CONTAINER_REGISTRY"}
    assert found["rollout"] == {"value": "rolling", "origin": "default"}
    assert found["environments.staging.url"] == {"value": "https://staging.example.com", "origin": "pyproject.toml:14"}
    assert found["environments.staging.ssh_host"] == {"value": "192.0.2.7", "origin": "STAGING_SERVER_HOST"}
    assert found["environments.production.ssh_host"] == {"value": "", "origin": "default"}
    assert found["components.backend.arguments"] == {"value": {}, "origin": "default"}
    assert CONFIG_TEXT.splitlines()[13].startswith("url")
    lines = project.invoke("config.show --origin").out.splitlines()
    assert "rollout" in next(line for line in lines if line.split()[1] == "default" and '"rolling"' in line)
    assert "default" not in project.invoke("config.show").out.replace("default_target", "")
    assert project.transcript == []


def test_a_key_is_set_and_taken_out_again(project: Project) -> None:
    before = text(project)
    dry = project.invoke("config.set limits.e2e 900 --dry-run")
    assert "+e2e = 900" in dry.out.splitlines()
    assert text(project) == before
    assert project.invoke("config.set limits.e2e 900").out == dry.out
    assert project.invoke("config.show --json").json["limits.e2e"]["value"] == 900
    assert project.invoke("config.set limits.e2e 900").out == "nothing changes: it is so already\n"
    assert project.invoke("config.unset limits.e2e").code == 0
    assert project.invoke("config.show --json").json["limits.e2e"]["origin"] == "default"


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("limits.e2e soon", "tool.shiplane.limits.e2e: 'soon' is no value for limits.e2e"),
        ("limits.e2e 0", "tool.shiplane.limits.e2e: 0 is not a positive number"),
        ("rollout fast", "tool.shiplane.rollout: 'fast' is not known"),
        ("environments.staging.url nowhere", "tool.shiplane.environments.staging.url: 'nowhere' is not an address"),
        ("rolout x", "tool.shiplane.rolout: unknown key"),
        ("environments.eu.branches main", "tool.shiplane.environments.eu.url: is missing"),
    ],
)
def test_what_would_be_refused_is_not_written(project: Project, line: str, told: str) -> None:
    before = text(project)
    ended = project.invoke(f"config.set {line}")
    assert (ended.code, ended.err.splitlines()[0]) == (2, told)
    assert text(project) == before


def test_setting_a_key_mends_a_configuration_that_is_broken(project: Project) -> None:
    make_checkout(
        project.folder, {"pyproject.toml": CONFIG_TEXT.replace("[tool.shiplane]", '[tool.shiplane]\nrollout = "x"')}
    )
    assert project.invoke("config.show").code == 2
    assert project.invoke("config.set rollout recreate").code == 0
    assert project.invoke("config.show").code == 0


def test_secrets_come_from_a_command_and_are_shown_nowhere(project: Project) -> None:
    sources = '\n[tool.shiplane.secrets]\ncommand = ["sops", "decrypt", "secrets/{environment}.json"]\n'
    make_checkout(project.folder, {"pyproject.toml": CONFIG_TEXT + sources})
    held = {"DB_PASSWORD": HARD, "REDIS_PASSWORD": HARD, "REGISTRY_PASSWORD": HARD}
    project.answers(("sops decrypt", json.dumps(held), 0))
    remote = {name: value for name, value in REMOTE.items() if name not in held}
    ended = project.invoke("doctor --seconds 60 --json --target remote", **remote)
    found = {told["id"]: told for told in ended.json}
    assert found["secrets"]["ok"]
    assert found["credentials"]["ok"]
    assert sorted(line for line in project.transcript if "sops" in line) == [
        "local$ sops decrypt secrets/production.json",
        "local$ sops decrypt secrets/staging.json",
    ]
    assert project.world.masker is not None
    assert project.world.masker.mask(f"it is {HARD}") == "it is ***"
    assert HARD not in ended.out + ended.err


def test_a_variable_wins_over_the_command_and_a_failing_command_is_told(project: Project) -> None:
    sources = '\n[tool.shiplane.secrets]\ncommand = ["sops", "{environment}"]\n'
    make_checkout(project.folder, {"pyproject.toml": CONFIG_TEXT + sources})
    project.answers(("sops", "", 5))
    ended = project.invoke("doctor --seconds 60 --json --target remote", **{**REMOTE, "DB_PASSWORD": ""})
    told = {told["id"]: told["cause"] for told in ended.json if not told["ok"]}
    assert told["secrets"] == "the secrets of the command sops cannot be read: it ended with 5"
