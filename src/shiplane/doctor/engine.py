"""Judgements of the container engine, its plugins and the project's packages."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from shiplane.doctor.finding import Finding, Run
from shiplane.facts.tools import numbers
from shiplane.model import Command

if TYPE_CHECKING:
    from collections.abc import Iterator

    from shiplane.runners.base import Completed

ENGINE_AT_LEAST = "25"
"""The first with start_interval in health checks."""
COMPOSE_AT_LEAST = "2.24.4"
"""The first with !override and !reset."""
ELSEWHERE = ("DOCKER_HOST", "DOCKER_CONTEXT")
"""Variables that lead the client to another engine, of which Docker takes the first."""
# A run fails for want of packages, never for want of git hooks.
_BOOTSTRAP = ("./scripts/bootstrap", "--no-hooks")
_BRING = "run ./scripts/bootstrap"
_PART = re.compile(r"^missing\s+(?P<name>[^:]+): (?P<problem>.+)$", re.MULTILINE)

ENGINE = Command(("docker", "version", "--format", "{{.Server.Version}}"), timeout=20)
COMPOSE = Command(("docker", "compose", "version", "--short"), timeout=20)
BUILDX = Command(("docker", "buildx", "version"), timeout=20)
PARTS = Command((_BOOTSTRAP[0], "--check", *_BOOTSTRAP[1:]), timeout=30)


def engine(answer: Completed, elsewhere: str = "") -> Iterator[Finding]:
    """Judge the engine's answer; `elsewhere` is the variable that names another one than this machine's own."""
    so = "nothing can be built, tested or deployed"
    start = f"start the engine that {elsewhere} names, or: unset {elsewhere}" if elsewhere else _BRING
    if not answer.ok:
        said = (answer.tail(1) or ("it says nothing",))[0]
        denied = "permission denied" in answer.output
        mine = 'sudo usermod -aG docker "$USER", then log in again'
        yield Finding(f"no container engine answers ({said})", so, mine if denied else start)
    elif not _at_least(answer.stdout, ENGINE_AT_LEAST):
        what = f"the engine {answer.stdout.strip()} is older than {ENGINE_AT_LEAST}"
        yield Finding(what, "it does not know the health checks of the compose files", "install a newer one")


def compose(answer: Completed) -> Iterator[Finding]:
    """Judge the answer of Docker Compose."""
    version = answer.stdout.strip() if answer.ok else ""
    if not _at_least(version, COMPOSE_AT_LEAST):
        what = f"Docker Compose is {version or 'not there'}, and has to be {COMPOSE_AT_LEAST} or newer"
        yield Finding(what, "the compose files cannot be read", f"{_BRING}, or install the plugin docker-compose")


def buildx(answer: Completed) -> Iterator[Finding]:
    """Judge the answer of buildx."""
    if not answer.ok:
        yield Finding("docker buildx is not there", "no image can be built", f"{_BRING}, or install its plugin")


def packages(answer: Completed) -> Iterator[Finding]:
    """Judge what `./scripts/bootstrap --check` says of packages; the engine has checks of its own.

    It may be run unasked where only npm packages are missing: elsewhere it would install an engine, or make the very
    environment anew in which this runs.
    """
    found = {part["name"]: part["problem"] for part in _PART.finditer(answer.output)}
    may = Run(Command(_BOOTSTRAP)) if all(name.startswith("npm") for name in found) else None
    for name, problem in found.items():
        if name != "engine":
            short = re.sub(r"[^a-z]+", "-", name).strip("-")
            yield Finding(
                f"{name}: {problem}", "the project's own programs are not those of the lock", _BRING, short, may
            )


def _at_least(version: str, wanted: str) -> bool:
    return numbers(version) >= numbers(wanted)
