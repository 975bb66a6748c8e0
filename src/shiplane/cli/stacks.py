"""The rules of the stacks, told: one place for `nox -s lint` and `invoke dev.validate`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shiplane.cli.doctor_groups import stacks
from shiplane.doctor import topology
from shiplane.errors import StepFailed

if TYPE_CHECKING:
    from collections.abc import Callable

    from shiplane.cli.app import App


def check(app: App, say: Callable[[str], None]) -> tuple[str, ...]:
    """Judge the stacks that Compose makes of the files and name them; raises `StepFailed` after telling each fault."""
    listed, roles, environments = stacks(app, app.runner, app.config)
    found = list(topology.judge(listed, roles, environments))
    for one in found:
        say(f"{one.cause}\n    fix: {one.fix}")
    if found:
        raise StepFailed(f"{len(found)} faults in the compose files", "mend them as said above")
    return tuple(one.name for one in listed)
