"""Commands about an environment: deploy, verify, e2e, promote, rollback, and looking at it."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, TypeVar

from shiplane.cli.app import App
from shiplane.cli.command import command
from shiplane.cli.text import finish, listed, nowhere, show, show_json

if TYPE_CHECKING:
    from collections.abc import Callable

    from invoke.context import Context

    from shiplane.deploy.rollout import Deployer
    from shiplane.model import Plan, Release
    from shiplane.report.view import View

T = TypeVar("T")


@command
def deploy(
    _c: Context,
    env: str,
    release: str = "",
    strategy: str = "",
    target: str = "",
    allow_migration: list[str] | None = None,
    e2e: bool = False,
    older: bool = False,
    dry_run: bool = False,
    *,
    view: View,
) -> None:
    """Put a published release on one environment; production takes only what was tested."""
    from shiplane.cli.environment_plans import change_plan, tested_plan  # noqa: PLC0415 - not needed for --list
    from shiplane.deploy.phases import ROLLOUTS  # noqa: PLC0415
    from shiplane.errors import UnknownName, UsageError  # noqa: PLC0415

    if strategy and strategy not in ROLLOUTS:
        raise UnknownName("strategy", strategy, ROLLOUTS)
    if e2e and env == "production":
        raise UsageError("production takes what the browser tests passed on already", "leave --e2e out")
    app = App.here()
    app.config.environment(env)
    found = _find(app, target, release)
    action = "promote" if env == "production" else "deploy"
    made = change_plan(app, target, env, action, found.id, strategy)
    made = tested_plan(app, made, env) if e2e else made
    allowed = listed(allow_migration)
    words = (app, made, found, None)
    _execute("deploy", *words, dry_run=dry_run, view=view, strategy=strategy, allowed=allowed, older=older)
    if dry_run and (strategy or app.config.rollout) == "rolling":
        _show_decisions(app, target, env, found)
    if dry_run and env == "production":
        _show_order(app, target, env, found)


@command
def promote(
    _c: Context,
    to: str = "production",
    target: str = "",
    release: str = "",
    allow_migration: list[str] | None = None,
    older: bool = False,
    dry_run: bool = False,
    *,
    view: View,
) -> None:
    """Put the digests that are on staging on production, if E2E passed on exactly those."""
    from shiplane.cli.environment_plans import change_plan  # noqa: PLC0415 - not needed for --list
    from shiplane.errors import UsageError  # noqa: PLC0415

    app = App.here()
    if app.config.environment(to).name != "production":
        raise UsageError(f"promote goes to production, not to {to}", f"for another: invoke deploy --env {to}")
    found = _find(app, target, release) if release else _on_staging(app, target)
    made = change_plan(app, target, to, "promote", found.id)
    allowed = listed(allow_migration)
    _execute("promote", app, made, found, None, dry_run=dry_run, view=view, allowed=allowed, older=older)
    if dry_run:
        _show_order(app, target, to, found)


@command
def rollback(
    _c: Context,
    env: str,
    to: str = "",
    target: str = "",
    restore_database: bool = False,
    dry_run: bool = False,
    *,
    view: View,
) -> None:
    """Put the release before (or the one named) back into service."""
    from shiplane.cli.environment_plans import change_plan  # noqa: PLC0415 - not needed for --list
    from shiplane.deploy.rollout import rollback_target  # noqa: PLC0415

    app = App.here()
    app.config.environment(env)
    release = to or "RELEASE-BEFORE"
    if not dry_run:
        release = look(app, target, env, lambda d: rollback_target(d.site, d.survey(), to or None))
    made = change_plan(app, target, env, "rollback", release, restore_database=restore_database)
    _execute("rollback", app, made, None, release, dry_run=dry_run, view=view, restore_database=restore_database)
    if dry_run:
        _show_database(app, target, env, to)


@command
def verify(_c: Context, env: str, target: str = "", if_deployed: bool = False, json: bool = False) -> None:
    """See that the public address answers healthy with the release that is deployed."""
    from shiplane.errors import NothingDeployed  # noqa: PLC0415 - not needed for --list

    app, report = App.here(), nowhere if json else show
    absent = no_server(app, target, env) if if_deployed else ""
    current = None if absent else look(app, target, env, lambda deployer: _verified(deployer, json=json), report)
    if current:
        report(f"{env} answers healthy with {current}")
        return
    if not if_deployed:
        raise NothingDeployed(env)
    report(f"{absent or f'nothing is deployed on {env} yet'}: nothing to verify")
    if json:
        show_json({"environment": env, "url": app.config.environment(env).url, "release": None, "healthy": None})


def no_server(app: App, target: str, env: str) -> str:
    """Say that an environment has no server yet; empty where one is named."""
    app.config.environment(env)
    return "" if app.target(target).has_server(env) else f"{env} has no server yet (SERVER_HOST is not set)"


def _verified(deployer: Deployer, *, json: bool) -> str | None:
    """Give the release that answers, None where nothing is deployed; raises `StepFailed`."""
    from shiplane.errors import StepFailed  # noqa: PLC0415 - not needed for --list

    state = deployer.survey()
    current, url = state.current, state.url(deployer.site, state.current)
    if current is None:
        return None
    found = {"environment": deployer.site.environment, "url": url, "release": current}
    try:
        deployer.verify(current, url)
    except StepFailed as failure:
        if json:
            show_json({**found, "healthy": False, "cause": failure.cause, "tries": failure.details})
        raise
    if json:
        show_json({**found, "healthy": True})
    return current


@command
def e2e(
    _c: Context,
    env: str = "staging",
    release: str = "",
    target: str = "",
    dry_run: bool = False,
    *,
    view: View,
) -> None:
    """Run the browser tests against what an environment runs, which with --release has to be that one."""
    from shiplane.cli.environment_plans import tests_plan  # noqa: PLC0415 - not needed for --list

    app = App.here()
    made = tests_plan(app, target, env)
    wanted = _find(app, target, release) if release else None
    _execute("e2e", app, made, wanted, None, dry_run=dry_run, view=view)


@command
def status(_c: Context, env: str, target: str = "", json: bool = False) -> None:
    """Show what runs on an environment."""
    from shiplane.deploy import status as statuses  # noqa: PLC0415 - not needed for --list

    site, state = look(App.here(), target, env, lambda deployer: (deployer.site, deployer.survey()))
    if json:
        show_json(statuses.status(site, state))
        return
    from shiplane.report.status_text import render_status  # noqa: PLC0415 - not needed for --json

    show(render_status(statuses.overview(site, state)))


@command
def releases(_c: Context, env: str, target: str = "", json: bool = False) -> None:
    """List the releases of an environment, newest first: what could be rolled back to."""
    found = look(App.here(), target, env, lambda deployer: deployer.releases())
    if json:
        show_json(found)
        return
    from shiplane.report.status_text import render_releases  # noqa: PLC0415 - not needed for --json

    show(render_releases(found))


def look(app: App, target: str, env: str, ask: Callable[[Deployer], T], report: Callable[[str], None] = show) -> T:
    """Ask an environment without holding it."""
    from shiplane.cli.run import open_environments  # noqa: PLC0415 - not needed for --list
    from shiplane.runners.base import Cancel  # noqa: PLC0415

    app.config.environment(env)
    environments = open_environments(app, app.target(target), "look")
    try:
        return ask(environments.deployer(env, report, Cancel()))
    finally:
        environments.close()


def _show_decisions(app: App, target: str, env: str, release: Release) -> None:
    """Say what a deploy would do with each service, as far as the server can be asked."""
    from shiplane.cli.surveys import preview  # noqa: PLC0415 - not needed for --list
    from shiplane.errors import ShiplaneError  # noqa: PLC0415
    from shiplane.report.status_text import render_decisions  # noqa: PLC0415

    try:
        decided = preview(app, app.target(target), env, release)
    except ShiplaneError as error:
        show(f"\nwhat happens to each service is decided on the host, which cannot be asked now: {error.cause}")
        return
    show(render_decisions(env, decided))


def _show_order(app: App, target: str, env: str, release: Release) -> None:
    """Say that a release is older than what serves, as far as the server can be asked."""
    from shiplane.errors import ShiplaneError  # noqa: PLC0415 - not needed for --list
    from shiplane.pipeline import order  # noqa: PLC0415

    with suppress(ShiplaneError):
        told = look(app, target, env, lambda deployer: order.told(app.runner, deployer.survey(), release), nowhere)
        if told:
            show(f"\nnote: {told}")


def _show_database(app: App, target: str, env: str, to: str) -> None:
    """Say what a rollback means for the database, as far as the server can be asked."""
    from shiplane.errors import ShiplaneError  # noqa: PLC0415 - not needed for --list

    try:
        lines = look(app, target, env, lambda deployer: deployer.preview_rollback(to or None))
    except ShiplaneError as error:
        show(f"\nwhat was applied to the database since is known to the host, which cannot be asked now: {error.cause}")
        return
    show("\n".join(["", *lines]))


def _find(app: App, target: str, release: str) -> Release:
    from shiplane.cli.releases import find  # noqa: PLC0415 - not needed for --list

    return find(app, app.target(target), release)


def _on_staging(app: App, target: str) -> Release:
    """Give the release that staging runs, as its manifest there says; raises `NothingDeployed`."""
    return look(app, target, "staging", lambda deployer: deployer.survey().current_release("staging"))


def _execute(
    command: str,
    app: App,
    made: Plan,
    release: Release | None,
    rollback_to: str | None,
    *,
    dry_run: bool,
    view: View,
    strategy: str = "",
    allowed: tuple[str, ...] = (),
    restore_database: bool = False,
    older: bool = False,
) -> None:
    from shiplane.report.plan_text import render_plan  # noqa: PLC0415 - not needed for --list

    if dry_run:
        show(render_plan(made))
        return
    from shiplane.cli.run import Manner, Run  # noqa: PLC0415 - a dry run does without

    target = app.target(made.target)
    environments = tuple(dict.fromkeys(step.environment for step in made.steps if step.environment))
    target.require(environments, secrets=rollback_to is None)
    for name in environments:
        target.site(name)
    run = Run(
        app,
        target,
        made,
        view=view,
        strategy=strategy,
        allowed=allowed,
        restore_database=restore_database,
        manner=Manner(command, older=older),
    )
    finish(run.execute(release, rollback_to))
