"""The group of `invoke doctor --github`: what the workflows need that only GitHub holds."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from shiplane.cli.on_github import origin, repository
from shiplane.doctor import Check, github
from shiplane.pipeline.github_api import GithubApi

if TYPE_CHECKING:
    from collections.abc import Iterator

    from shiplane.cli.app import App
    from shiplane.pipeline.github_api import Repository

SECONDS = 30.0
_READ = "read secrets, variables and environments"


def of_github(app: App) -> list[Check[Any]]:
    """Ask for the names that each environment sees; raises `UsageError` where repository or token are not named."""
    place = repository(app.environ, origin(app))
    app.masker.add(place.token)
    return [
        Check(
            f"github.{one.name}",
            partial(_settings, app, place, one.name),
            partial(github.judge, place.name, github.needed(app.config, one), _branch(app, one.name)),
        )
        for one in app.config.environments
    ]


def _branch(app: App, environment: str) -> str:
    """Name the branch from which alone an environment is reached; empty where several lead there."""
    return app.config.main_branch if environment == "production" else ""


def _settings(app: App, place: Repository, environment: str) -> github.Settings:
    api = GithubApi(app.world.http(), place)
    listed = _listed(api, "environments", "environments")
    found = next((one for one in listed if one["name"] == environment), None)
    own = f"environments/{environment}" if found else ""
    secrets, variables = (
        frozenset(
            name
            for path in (f"actions/organization-{kind}", f"actions/{kind}", *((f"{own}/{kind}",) if own else ()))
            for name in _names(api, path, kind)
        )
        for kind in ("secrets", "variables")
    )
    return github.Settings(environment, bool(found), secrets, variables, github.guard(found or {}))


def _names(api: GithubApi, path: str, kind: str) -> set[str]:
    return {str(each["name"]) for each in _listed(api, path, kind)}


def _listed(api: GithubApi, path: str, kind: str) -> Iterator[dict[str, Any]]:
    # GitHub gives no more variables than 30 a page.
    return api.pages(_READ, path, within=kind, per_page="30")
