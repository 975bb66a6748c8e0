"""Gathering what a bundle about a run holds: secrets to mask, versions, and what changed since it was green."""

from __future__ import annotations

import re
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from shiplane.commands import git
from shiplane.deploy.bundle import environment_secrets
from shiplane.errors import ShiplaneError
from shiplane.facts.tools import tool_versions
from shiplane.model import Secret
from shiplane.report.bundle import Enclosed, write_bundle
from shiplane.report.runs import Past, load

if TYPE_CHECKING:
    from collections.abc import Mapping

    from shiplane.cli.app import App
    from shiplane.pipeline.target import Target

_SECRET_NAME = re.compile(r"PASSWORD|PASSWD|TOKEN|SECRET|CREDENTIAL|PRIVATE|(?:^|_)KEY(?:_|$)", re.IGNORECASE)
_SHORTEST_SECRET = 8  # shorter values of the environment are words such as `true`
_LOOKED_BACK = 200
_NEVER_IN_A_DIFF = ("**/.env*", "**/*.pem", "**/*.key")


def make_bundle(app: App, past: Past) -> Path:
    """Write the bundle of a run into its folder."""
    learn_secrets(app, past.run.target)
    app.store.root.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="bundle-", dir=app.store.root) as scratch:
        since = last_green(app, past)
        diff = _diff(app, since.run.commit, past.run.commit, Path(scratch) / "diff") if since else None
        enclosed = Enclosed(tool_versions(app.runner), _pyproject(app, past.run.commit), diff, since)
        return write_bundle(past, enclosed, app.masker.mask, Path(scratch))


def learn_secrets(app: App, target: str) -> None:
    """Let the masker know every secret that this machine has: of the environment's variables and of the target."""
    app.masker.add(*secret_variables(app.environ))
    with suppress(ShiplaneError, KeyError):
        chosen = app.target(target)
        for environment in app.config.environments:
            _learn(app, chosen, environment.name)
        login = chosen.login()
        if login is not None:
            app.masker.add(login.password)


def _learn(app: App, target: Target, environment: str) -> None:
    with suppress(ShiplaneError, KeyError):
        found = target.secrets(environment)
        app.masker.add(*found.values())
        app.masker.add(*environment_secrets(target.site(environment), found).values())


def secret_variables(environ: Mapping[str, str]) -> list[Secret]:
    """Give the variables whose names say that they are secret."""
    return [
        Secret(name, value)
        for name, value in environ.items()
        if _SECRET_NAME.search(name) and len(value) >= _SHORTEST_SECRET
    ]


def last_green(app: App, past: Past) -> Past | None:
    """Give the newest run before this one that passed, of the same branch if there is one."""
    folders = app.store.run_folders()
    before = folders[folders.index(past.folder) + 1 :][:_LOOKED_BACK]
    green = [run for run in map(load, before) if run.run.status == "passed"]
    return next((run for run in green if run.run.branch == past.run.branch), green[0] if green else None)


def _diff(app: App, before: str, after: str, file: Path) -> Path | None:
    """Write what changed; None where git does not know a commit any more."""
    with suppress(ShiplaneError):
        if app.runner.run(git.changes(before, after, str(file), _NEVER_IN_A_DIFF)).ok and file.exists():
            return file
    return None


def _pyproject(app: App, commit: str) -> str:
    """Give the configuration that the run had, or else what it is now."""
    with suppress(ShiplaneError):
        found = app.runner.run(git.content(commit, "pyproject.toml"))
        if found.ok and found.stdout:
            return found.stdout
    return (app.checkout / "pyproject.toml").read_text(encoding="utf-8", errors="replace")
