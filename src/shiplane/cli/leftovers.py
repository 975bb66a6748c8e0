"""What checks that did not end by themselves leave in the engine: containers, networks, volumes."""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from shiplane import checks
from shiplane.cli import test_environment
from shiplane.commands import nox
from shiplane.model.identity import checkout_id
from shiplane.runners.locks import held

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from shiplane.cli.app import App


def surroundings(app: App, files: Mapping[str, tuple[str, ...]] | None = None) -> checks.Surroundings:
    """Tell checks where they are; `files` are what the linters look at, by kind."""
    versions = {component.name: component.version for component in app.facts.components}
    programs = str(Path(sys.executable).parent)
    coverage = {component.name: component.coverage_percent for component in app.config.components}
    ids = nox.told_ids(app.environ)
    return checks.Surroundings(checkout_id(app.checkout), versions, programs, files or {}, coverage, ids)


def remove(app: App, say: Callable[[str], None]) -> None:
    """Remove what ended checks left; what a check that goes on uses stays."""
    where = surroundings(app)

    def end(check: checks.Check) -> None:
        for command in check.after:
            app.runner.run(command)

    removals = {name: partial(end, check) for name, check in checks.steps(where).items() if check.after}
    for lock, purpose in test_environment.LOCKS.items():
        removals[lock] = partial(test_environment.remove_left, app, where, purpose)
    for name, removal in removals.items():
        try:
            with held(app.store.root / "locks" / name):
                removal()
        except BlockingIOError:
            say(f"{name} goes on in this checkout: left alone")
        else:
            say(f"nothing of {name} is left")
