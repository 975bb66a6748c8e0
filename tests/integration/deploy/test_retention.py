"""What stays on a server after a deploy, and what goes."""

from __future__ import annotations

import subprocess
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from shiplane.deploy.retention import command, prune
from shiplane.errors import DeployUndone
from shiplane.model import Command

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conftest import Place

KEPT = "docker ps -a --filter label=dev.shiplane.kept=app-staging --format '{{.Status}}'"


@contextmanager
def no_registry(place: Place) -> Iterator[None]:
    port = place.login.registry.rpartition(":")[2]
    ask = ("docker", "ps", "-q", "--filter", f"publish={port}")
    registry = subprocess.run(ask, check=True, capture_output=True, text=True).stdout.strip()
    subprocess.run(("docker", "stop", "--time", "1", registry), check=True, capture_output=True)
    try:
        yield
    finally:
        subprocess.run(("docker", "start", registry), check=True, capture_output=True)


@contextmanager
def logged_in(place: Place) -> Iterator[None]:
    login = place.login
    argv = ("docker", "--config", ".pull", "login", "--username", login.user, "--password-stdin", login.registry)
    assert place.looker.run(Command(argv, stdin=login.password)).ok
    try:
        yield
    finally:
        place.ask("rm -r .pull")


def test_a_rollback_needs_no_registry_after_everything_was_pruned(serving: Place) -> None:
    serving.deploy("two")
    with no_registry(serving):
        serving.ask("docker image prune --force; docker image prune --all --force")
        assert serving.deployer().rollback().release == "one"
        assert serving.serves() == "one"
    assert set(serving.ask(KEPT).splitlines()) == {"Created"}


def test_what_nothing_needs_goes_and_what_is_another_s_stays(serving: Place) -> None:
    name = serving.images["one"].reference.rpartition(":")[0]
    with pytest.raises(DeployUndone):
        serving.deploy("wrong")
    serving.ask(f"docker tag nginx:1.30 other:1; docker tag nginx:1.30 {name}:mine")
    listed = "docker image ls --digests --format '{{.Digest}}' " + name
    other = "deployments/shop-staging/releases/x"
    needs = f'  "digest": "{serving.images["wrong"].digest}",'
    serving.ask(f"mkdir -p {other}; echo '{needs}' >{other}/manifest.json")
    serving.options = replace(serving.options, kept=1)
    serving.deploy("two")
    assert serving.images["wrong"].digest in serving.ask(listed), "another environment on the server needs it"
    serving.ask("rm -r deployments/shop-staging")
    serving.deploy("one")
    left = serving.ask(listed)
    assert serving.images["wrong"].digest not in left
    assert all(serving.images[kind].digest in left for kind in ("one", "two")), "what served before stays"
    tags = serving.ask("docker image ls --format '{{.Repository}}:{{.Tag}}'")
    assert {"other:1", f"{name}:mine"} <= set(tags.splitlines())
    serving.ask(f"docker image rm other:1 {name}:mine")


def test_what_nothing_needs_goes_without_a_deploy_too(serving: Place) -> None:
    serving.deploy("two")
    serving.deploy("one")
    folder = "deployments/app-staging/releases"
    manifest = f"{folder}/one/manifest.json"
    digest = serving.images["migration"].digest
    other = f's/"id": "one"/"id": "left"/; s/{serving.images["one"].digest}/{digest}/'
    image = f"{serving.images['migration'].reference.rpartition(':')[0]}@{digest}"
    with logged_in(serving):
        serving.ask(f"docker --config .pull pull -q {image}")
    serving.ask(f"mkdir -p {folder}/left; sed '{other}' {manifest} >{folder}/left/manifest.json")
    options = replace(serving.options, kept=2)
    state = serving.deployer().survey()
    made = command(serving.site, state, options)
    assert made is not None
    assert prune(serving.runner, serving.site, made) == ()
    assert set(serving.ask(f"ls {folder}").split()) == {"one", "two"}
    assert digest not in serving.ask("docker image ls --digests --format '{{.Digest}}'")
    assert serving.deployer().rollback().release == "two"
    assert (serving.serves(), serving.leftovers()) == ("two", "")


def test_what_cannot_be_removed_fails_no_deploy(serving: Place) -> None:
    folder = "deployments/app-staging/releases/stuck"
    manifest = "deployments/app-staging/releases/one/manifest.json"
    stuck = f'mkdir -p {folder}/full; sed \'s/"id": "one"/"id": "stuck"/\' {manifest} >{folder}/manifest.json'
    serving.ask(f"{stuck}; touch {folder}/full/x; chmod 500 {folder}/full")
    try:
        serving.deploy("two")
        assert serving.serves() == "two"
    finally:
        serving.ask(f"chmod 700 {folder}/full; rm -rf {folder}")
