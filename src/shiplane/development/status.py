"""What runs of the development stack: health, ports, what it uses, versions, and images behind their lock files."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from shiplane.commands import development as commands
from shiplane.development import drift
from shiplane.development.start import addresses
from shiplane.errors import UsageError
from shiplane.facts import versions

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from shiplane.config import Component
    from shiplane.development.rows import Row
    from shiplane.development.stack import Stack


def survey(stack: Stack) -> dict[str, Any]:
    """Give the object that `invoke dev.status --json` prints."""
    found = stack.rows()
    running = [row for row in found if row.runs]
    with ThreadPoolExecutor() as pool:
        used = pool.submit(_usage, stack, running)
        behind = {one.name: pool.submit(_drift, stack, one, running) for one in stack.config.components}
    own = _versions(stack)
    return {
        "project": stack.project,
        "services": {row.service: _service(row, used.result(), own) for row in found},
        "addresses": addresses(stack, found),
        "drift": {name: one.result() for name, one in behind.items()},
    }


def _service(row: Row, used: Mapping[str, Mapping[str, str]], own: Mapping[str, str]) -> dict[str, Any]:
    mine: Mapping[str, str] = next((one for id_, one in used.items() if _same(id_, row.id)), {})
    return {
        "state": row.state,
        "health": row.health or None,
        "exit_code": None if row.runs else row.exit_code,
        "ports": [asdict(port) for port in row.ports],
        "image": row.image,
        "version": own.get(row.service) or row.image.rpartition(":")[2],
        "cpu": mine.get("CPUPerc"),
        "memory": mine["MemUsage"].partition(" / ")[0] if "MemUsage" in mine else None,
    }


def _same(one: str, other: str) -> bool:
    return one.startswith(other) or other.startswith(one)


def _usage(stack: Stack, running: Sequence[Row]) -> dict[str, dict[str, str]]:
    """Give what the engine tells of each container that runs, by its id."""
    if not running:
        return {}
    lines = stack.runner.run(commands.usage([row.id for row in running])).stdout.splitlines()
    found = {}
    for line in lines:
        with suppress(ValueError, KeyError, TypeError):
            one = json.loads(line)
            found[one["ID"]] = one
    return found


def _versions(stack: Stack) -> dict[str, str]:
    """Give the versions of the components as their files say: the sources are what runs."""
    found = {}
    for component in stack.config.components:
        file = stack.checkout / component.version_file
        with suppress(UsageError, OSError):
            found[component.name] = versions.parse(component.version_file, file.read_text(encoding="utf-8"))
    return found


def _drift(stack: Stack, component: Component, running: Sequence[Row]) -> list[str] | None:
    """Compare what a component's container holds with its lock; None where it cannot be asked."""
    file = drift.lock_file(stack.checkout, component)
    if not file or component.name not in {row.service for row in running}:
        return None
    done = stack.runner.run(commands.inside(component.name, drift.question(file)))
    with suppress(ValueError, KeyError, TypeError, AttributeError):
        if done.ok:
            return drift.compare(file, (stack.checkout / file).read_text(encoding="utf-8"), done.stdout)
    return None
