"""Faults of a checkout, made for real: configuration, files, stacks, ports, packages, a commit from the future."""

from __future__ import annotations

import os
import secrets
import socket
import subprocess
import sys
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from helpers.clone import Clone
from helpers.doctor import follow, found, make
from helpers.engine import docker, wait_for
from helpers.locked import write_lock, write_npm_lock
from helpers.ports import free_ports, held_port
from shiplane.lab.images.ensure import ensure_images
from shiplane.lab.layout import PORT_PURPOSES, Layout
from shiplane.lab.state import Record
from shiplane.runners.local import LocalRunner

if TYPE_CHECKING:
    from pathlib import Path

CONTAINER = f"shiplane-doctor-{secrets.token_hex(4)}"


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Clone:
    return make(tmp_path_factory.mktemp("doctor"))


def swap(file: Path, old: str, new: str) -> None:
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new, 1))


def test_a_key_that_nobody_knows(clone: Clone) -> None:
    file = clone.folder / "pyproject.toml"
    swap(file, 'name = "app"\ndefault', 'name = "app"\nreleese_service = "backend"\ndefault')
    told = found(clone)
    assert list(told) == ["configuration"]
    assert told["configuration"]["cause"] == "tool.shiplane.releese_service: unknown key"
    swap(file, "releese_service", told["configuration"]["fix"].removeprefix("did you mean '").removesuffix("'?"))
    assert found(clone) == {}


def test_files_stacks_and_the_time_of_the_last_commit(clone: Clone) -> None:
    later = datetime.now(UTC) + timedelta(hours=1)
    amend = "git commit --quiet --amend --no-edit"
    follow(clone, amend, GIT_COMMITTER_DATE=later.isoformat())
    package, overlay = clone.folder / "frontend/package.json", clone.folder / "compose.staging.yml"
    version = next(line for line in package.read_text().splitlines() if '"version"' in line)
    swap(package, version, "")
    (clone.folder / "backend/Dockerfile").unlink()
    none, one = "    ports: !override []\n", '    ports: !override ["5432:5432"]\n'
    swap(overlay, none, one)
    line = overlay.read_text()[: overlay.read_text().index(one)].count("\n") + 1
    (clone.folder / "docker-compose.yml").write_text(
        (clone.folder / "docker-compose.yml").read_text().replace("${DB_NAME:-app}", "${DB_LABEL:?}", 1)
    )
    told = found(clone)
    published = f"topology.published.db.compose.staging.yml:{line}"
    assert list(told) == [
        *("clock", "configuration", "files.backend/Dockerfile", "variables.docker-compose.yml.DB_LABEL"),
        *(published, "ports"),
    ]
    assert told["clock"]["cause"].startswith("the clock is 60 minutes or more behind: the last commit is later")
    # The clock is this machine's; what it is held against is what can be set right here.
    follow(clone, amend)
    assert told["configuration"]["cause"].startswith("frontend/package.json")
    swap(package, "{\n", f"{{\n{version}\n")
    assert told["files.backend/Dockerfile"]["fix"].startswith("add it, or change tool.shiplane.components.backend")
    follow(clone, "git checkout --quiet backend/Dockerfile")
    assert none.strip() in told[published]["fix"]
    swap(overlay, one, none)
    assert told["ports"]["cause"].startswith("Compose cannot read docker-compose.yml: ")
    assert told["variables.docker-compose.yml.DB_LABEL"]["cause"].endswith(", so Compose refuses the file")
    (clone.folder / ".env").write_text("DB_LABEL=app\n")
    assert found(clone) == {}


def test_ports_that_a_program_a_container_and_another_lab_hold(clone: Clone) -> None:
    ensure_images(LocalRunner(clone.folder, os.environ), print)
    program_port, container_port, *lab_ports = free_ports(2 + len(PORT_PURPOSES))
    layout = Layout.of(clone.folder)
    layout.folder.mkdir(parents=True)
    Record(layout.name, dict(zip(PORT_PURPOSES, lab_ports, strict=True))).save(layout)
    environ = {"DEV_DB_PORT": str(program_port), "DEV_REDIS_PORT": str(container_port)}
    with ExitStack() as ends:
        ends.enter_context(held_port(lab_ports[0]))
        command = [sys.executable, "-m", "http.server", "--bind", "127.0.0.1", str(program_port)]
        program = ends.enter_context(subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL))
        ends.callback(program.kill)
        publish = ("--publish", f"127.0.0.1:{container_port}:80")
        asleep = ("--init", "debian:trixie-slim", "sleep", "600")
        docker("run", "--detach", "--rm", "--name", CONTAINER, *publish, *asleep)
        ends.callback(subprocess.run, ["docker", "rm", "--force", CONTAINER], check=False, capture_output=True)
        wait_for("the program", lambda: listens(program_port))
        told = found(clone, **environ)
        # A lab that was never brought up has no host keys either.
        wanted = [f"ports.{port}" for port in (program_port, container_port, lab_ports[0])]
        assert list(told) == [*wanted, "host-keys.1", "host-keys.2"]
        ends_it, stops_it, chooses = (told[name]["fix"].split(", or ") for name in wanted)
        assert ends_it == [f"end it: kill {program.pid}", "set DEV_DB_PORT to another port in .env"]
        follow(clone, ends_it[0].removeprefix("end it: "))
        program.wait(10)
        assert stops_it == [f"docker stop {CONTAINER}", "set DEV_REDIS_PORT to another port in .env"]
        follow(clone, stops_it[0])
        assert chooses[1].startswith("let the lab choose others: ")
        follow(clone, chooses[1].partition(": ")[2])
        assert found(clone, **environ) == {}


def test_packages_that_are_not_those_of_the_locks(tmp_path: Path) -> None:
    """Of both kinds, brought by the bootstrap itself, which leaves alone an environment that is lent and active."""
    clone, lent = Clone.make(tmp_path / "shop"), tmp_path / "lent"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", lent], check=True, timeout=60)
    (clone.folder / ".venv").unlink()
    (clone.folder / ".venv").symlink_to(lent)
    before = sorted(lent.rglob("*"))
    write_lock(clone.folder, "setuptools")
    write_npm_lock(clone.folder / "frontend", "one")
    (clone.folder / "testing/package-lock.json").unlink()
    told = found(clone, "--fix")
    assert list(told) == ["packages.python", "packages.npm-frontend"]
    assert told["packages.python"]["cause"].startswith("python: no environment in .venv, so the project's own programs")
    assert {each["fix"] for each in told.values()} == {"run ./scripts/bootstrap"}
    follow(clone, "./scripts/bootstrap", CI="true")
    assert found(clone) == {}
    assert (sorted(lent.rglob("*")), (clone.folder / ".venv").is_symlink()) == (before, False)
    # npm packages alone are brought unasked.
    write_npm_lock(clone.folder / "frontend", "two")
    assert found(clone, "--fix") == {}
    assert (clone.folder / "frontend/node_modules/two").is_dir()


def listens(port: int) -> bool:
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", port)) == 0
