"""Asking engine, registry and servers what a plan leaves to them; nothing is changed there."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from shiplane.cli.text import nowhere
from shiplane.errors import ShiplaneError

if TYPE_CHECKING:
    from shiplane.cli.app import App
    from shiplane.deploy.services import ServiceAction
    from shiplane.model import Plan, Release
    from shiplane.pipeline.target import Target


def survey(app: App, plan: Plan) -> dict[str, Any]:
    """Ask for a plan; what cannot be asked stands with the cause, under the name of what was asked."""
    target = app.target(plan.target)
    found: dict[str, Any] = {"engine": _told(lambda: _engine(app, plan))}
    if any(stage.name == "publish" for stage in plan.stages):
        found["registry"] = _told(lambda: _registry(app, target))
    for stage in plan.stages:
        if any(environment.name == stage.name for environment in app.config.environments):
            found[stage.name] = _told(lambda name=stage.name: _environment(app, target, name))
    return found


def _told(ask: Any) -> Any:  # noqa: ANN401 - JSON
    try:
        return ask()
    except ShiplaneError as error:
        return {"cause": error.cause, "fix": error.fix}


def _engine(app: App, plan: Plan) -> list[dict[str, str]]:
    """Say of each image that an earlier run made whether it is still here."""
    from shiplane.pipeline.own_images import lost  # noqa: PLC0415 - only a survey asks

    app.require_engine()
    rows = []
    for step in plan.steps:
        made = app.results.images_of(step.id, step.key) if step.makes else {}
        gone = lost(app.runner, app.checkout, made)
        rows += [{"step": step.id, "image": name, "is": "gone" if name in gone else "here"} for name in made]
    return rows


def _registry(app: App, target: Target) -> list[dict[str, str]]:
    """Say of each component whether this commit's image is published."""
    from shiplane.pipeline import publish, registry  # noqa: PLC0415 - only a survey asks

    with registry.session(app.runner, target.login(), app.environ, http=app.world.http()) as opened:
        there = publish.published(app.config, app.facts, target, opened)
    return [
        {
            "component": component.name,
            "tag": target.naming().release_tag(component.name, app.facts),
            "digest": there[component.name].digest if component.name in there else "",
        }
        for component in app.config.components
    ]


def _environment(app: App, target: Target, name: str) -> list[dict[str, str]]:
    """Say what becomes of each service if the release of what is checked out came now."""
    from shiplane.cli.releases import find  # noqa: PLC0415 - only a survey asks

    decided = preview(app, target, name, find(app, target, app.facts.suffix))
    return [{"service": one.service, "what": one.verb, "why": one.why} for one in decided]


def preview(app: App, target: Target, environment: str, release: Release) -> tuple[ServiceAction, ...]:
    """Ask a server what a deploy would do with each service."""
    from shiplane.cli.environment_tasks import look  # noqa: PLC0415 - that module shows what is found here
    from shiplane.pipeline import registry  # noqa: PLC0415 - only a survey asks
    from shiplane.pipeline.pinning import Pinning  # noqa: PLC0415
    from shiplane.pipeline.release_files import bundle_of  # noqa: PLC0415

    pinning, site = Pinning(app.runner, app.environ, app.config, target), target.site(environment)
    kept = app.store.release_files(target.name, release.id)
    opened = partial(registry.session, app.runner, target.login(), app.environ, http=app.world.http())
    release = pinning.completed(release, kept, opened, nowhere)
    made = bundle_of(app.runner, app.config, site, release, kept, target.secrets(environment))
    app.masker.add(*made.secrets)
    pinning.check(site, made)
    return look(app, target.name, environment, lambda deployer: deployer.preview(release, made), nowhere)
