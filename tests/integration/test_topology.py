"""The rules of the topology on the real compose files, resolved by Compose: all well, and each broken once."""

from __future__ import annotations

import os
import re
import shutil
from typing import TYPE_CHECKING

import pytest

from helpers.clone import ROOT, Clone
from shiplane.config import load
from shiplane.doctor import models, topology
from shiplane.runners.local import LocalRunner

if TYPE_CHECKING:
    from pathlib import Path

FILES = ("docker-compose.yml", "compose.test.yml", "compose.staging.yml", "compose.production.yml", ".env.docker")
BASE, PRODUCTION = FILES[0], FILES[3]
# A rule; the file, service and key that are written in another way (None: taken out); the file that is named.
BROKEN: list[tuple[str, str, str, str, str | None, str]] = [
    ("health", BASE, "redis", "healthcheck", "    healthcheck: {disable: true}", BASE),
    ("order", BASE, "backend", "depends_on", "    depends_on: [db, redis]", BASE),
    ("separated", BASE, "db", "networks", "    networks: [edge, data]", BASE),
    ("volumes", BASE, "redis", "volumes", "    volumes: [/data]", BASE),
    ("logs", BASE, "db", "logging", "    logging: {driver: json-file}", BASE),
    ("published", PRODUCTION, "redis", "ports", "    ports: !override ['6379:6379']", PRODUCTION),
    ("limits", PRODUCTION, "redis", "deploy", "    deploy: {resources: {limits: {cpus: '1'}}}", PRODUCTION),
    ("image", PRODUCTION, "edge", "image", "    image: nginx:latest", PRODUCTION),
    ("image", PRODUCTION, "backend", "build", None, BASE),
    ("mounts", PRODUCTION, "backend", "volumes", None, BASE),
    ("command", PRODUCTION, "backend", "command", None, BASE),
    ("settings", PRODUCTION, "backend", "environment", "    environment: !override {DJANGO_DEBUG: 'true'}", PRODUCTION),
    ("settings", PRODUCTION, "celery", "environment", None, BASE),
    ("hosts", PRODUCTION, "backend", "environment", "    environment: !override {ALLOWED_HOSTS: '*'}", PRODUCTION),
    (
        "hosts",
        PRODUCTION,
        "backend",
        "environment",
        "    environment: !override {ALLOWED_HOSTS: localhost}",
        PRODUCTION,
    ),
    ("credentials", PRODUCTION, "redis", "environment", None, BASE),
    ("credentials", PRODUCTION, "celery", "environment", None, BASE),
    ("restart", PRODUCTION, "db", "restart", "    restart: 'no'", PRODUCTION),
    ("reset", PRODUCTION, "db", "ports", "    ports: []", PRODUCTION),
    ("reset", PRODUCTION, "celery", "environment", "    environment: {}", PRODUCTION),
    ("secret", PRODUCTION, "backend", "environment", "    environment: !override {API_TOKEN: 'p)x#y'}", PRODUCTION),
    ("secret", BASE, "redis", "environment", "    environment: {REDIS_PASSWORD: 'p)x#y'}", BASE),
    ("secret", PRODUCTION, "proxy", "command", "    command: [nginx, --password, 'p)x#y']", PRODUCTION),
]


def with_key(text: str, service: str, key: str, block: str | None) -> str:
    """Write a service's key in another way, whatever stands there."""
    lines = text.splitlines()
    first = lines.index(f"  {service}:", lines.index("services:")) + 1
    last = next((n for n in range(first, len(lines)) if re.match(r"^ {0,2}[^ #]", lines[n])), len(lines))
    begin = next((n for n in range(first, last) if lines[n].startswith(f"    {key}:")), first)
    end = begin
    if lines[begin].startswith(f"    {key}:"):
        end = next((n for n in range(begin + 1, last) if re.match(r"^ {0,4}[^ ]", lines[n])), last)
    return "\n".join([*lines[:begin], *([block] if block else []), *lines[end:], ""])


def faults(folder: Path) -> list[tuple[str, str]]:
    """Give the rules that are broken, each with the place that is told."""
    config = load(ROOT)
    overlays = {one.name: one.overlay for one in config.environments}
    stacks = models.survey(LocalRunner(folder, os.environ), folder, overlays)
    components = {one.name: one.context for one in config.components}
    roles = topology.Roles(config.data_services, config.release_service, components, config.proxy)
    found = topology.judge(stacks, roles, {".env.docker": (folder / ".env.docker").read_text()})
    return [(one.name.partition(".")[0], one.what.partition(": ")[0]) for one in found]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in FILES:
        shutil.copy(ROOT / name, tmp_path)
    return tmp_path


def test_the_projects_own_files_are_without_fault(folder: Path) -> None:
    assert faults(folder) == []
    (folder / ".env").write_text("DB_PASSWORD=my-own\nPROXY_PORT=1\n")
    assert faults(folder) == []


@pytest.mark.parametrize(("rule", "file", "service", "key", "block", "told"), BROKEN)
def test_each_rule_finds_its_fault_and_its_line(  # noqa: PLR0913 - a row of the table
    folder: Path, rule: str, file: str, service: str, key: str, block: str | None, told: str
) -> None:
    changed = with_key((folder / file).read_text(), service, key, block)
    (folder / file).write_text(changed)
    places = [place for broken, place in faults(folder) if broken == rule]
    assert places
    shown = [
        (folder / told).read_text().splitlines()[int(p.rpartition(":")[2]) - 1] for p in places if p.startswith(told)
    ]
    # What is taken out leaves the line of the file below it: of the key itself, or of the variable.
    left = r"^ +[A-Z_]+: " if key == "environment" else rf"^ +{key}:"
    assert any(line == block if block else re.search(left, line) for line in shown), shown


def test_a_secret_in_a_committed_environment_file(folder: Path) -> None:
    file = folder / ".env.docker"
    file.write_text(file.read_text() + "DB_PASSWORD=p)x#y\n#API_TOKEN=1\nAPI_TOKEN=\n")
    assert faults(folder) == [("secret", f".env.docker:{len(file.read_text().splitlines()) - 2}")]


def test_lint_says_it_and_doctor_says_it(tmp_path: Path) -> None:
    clone = Clone.make(tmp_path / "shop")
    assert clone.run("python", "-m", "shiplane.cli.session", "topology").output == ""
    file = clone.folder / PRODUCTION
    file.write_text(file.read_text().replace("    ports: !override []", "    ports: []", 1))
    told = clone.run("python", "-m", "shiplane.cli.session", "topology", code=3).output
    line = file.read_text().splitlines().index("    ports: []") + 1
    assert f"{PRODUCTION}:{line}: ports of db is empty, which takes nothing away" in told
    assert f"{PRODUCTION}:{line}: db is published at 5432, so anybody reaches it past the proxy" in told
    assert "topology.published." in clone.start("invoke", "doctor", "--seconds", "60", "--json").finish().output
