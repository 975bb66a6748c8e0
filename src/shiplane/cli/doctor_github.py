"""The group of `invoke doctor --github`: what the workflows need that only GitHub holds."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from shiplane.cli.on_github import origin, repository
from shiplane.doctor import Check, github
from shiplane.pipeline.github_api import GithubApi

if TYPE_CHECKING:
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
            partial(github.judge, place.name, github.needed(app.config, one)),
        )
        for one in app.config.environments
    ]


def _settings(app: App, place: Repository, environment: str) -> github.Settings:
    api = GithubApi(app.world.http(), place)
    exists = environment in _names(api, "environments", "environments")
    own = f"environments/{environment}" if exists else ""
    secrets, variables = (
        frozenset(
            name
            for path in (f"actions/organization-{kind}", f"actions/{kind}", *((f"{own}/{kind}",) if own else ()))
            for name in _names(api, path, kind)
        )
        for kind in ("secrets", "variables")
    )
    return github.Settings(environment, exists, secrets, variables)


def _names(api: GithubApi, path: str, kind: str) -> set[str]:
    # GitHub gives no more variables than 30 a page.
    return {str(each["name"]) for each in api.pages(_READ, path, within=kind, per_page="30")}
