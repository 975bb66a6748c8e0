"""Making plans: what pure planning decides from the checkout and the records of past runs."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from shiplane.pipeline.journal import read

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from shiplane.cli.app import App
    from shiplane.deploy.phases import Phase
    from shiplane.model import Command, Event, Plan
    from shiplane.pipeline.store import Store
    from shiplane.pipeline.target import Target
    from shiplane.planning.inputs import Declared
    from shiplane.planning.keys import Item
    from shiplane.planning.plan import DeployCommands

_ESTIMATED_RUNS = 5


def pipeline_plan(  # noqa: PLR0913 - what is asked for, each by name
    app: App,
    event: Event,
    target: Target,
    stages: tuple[str, ...] = (),
    *,
    reuse: bool = True,
    trim: Callable[[Plan], Plan] = lambda plan: plan,
) -> Plan:
    """Make the plan of an event by the checkout and the records here: no engine, network or server is asked.

    `stages` are laid out in place of those that the policy gives, and `trim` takes away what is not asked for before
    it is decided what the rest needs; without `reuse` no earlier result counts.
    """
    from shiplane.pipeline.history import cut_off  # noqa: PLC0415 - only plans need it
    from shiplane.planning.decide import decide  # noqa: PLC0415 - only plans need it
    from shiplane.planning.plan import make  # noqa: PLC0415

    commands = deploy_commands(app, target, app.facts.suffix)
    used = app.store.stand_ins()
    stand_ins = "; ".join(f"{name} is {used[name]}" for name in sorted(used))
    notes = (*((f"stand-ins of base images are used: {stand_ins}",) if used else ()), *unasked(app, target))
    words = (event, app.config, app.facts, target.name, target.naming(), commands, declared(app), notes, stages)
    laid_out = trim(make(*words))
    known = (items_of_steps(app, laid_out), app.results, estimates(app.store))
    return decide(laid_out, *known, reuse=reuse, cut_off=cut_off(app.store))


def unasked(app: App, target: Target) -> tuple[str, ...]:
    """Say what a plan cannot know, for it asks no source of secrets."""
    if target.name != "remote" or not app.secret_sources.configured:
        return ()
    return ("[tool.shiplane.secrets] is asked by the run alone: login and certificate are shown as if it held them",)


def declared(app: App) -> Declared:
    """Give what steps depend on: what a check runs is the same on every machine, so names of its own stand as words."""
    from shiplane.lab.images.catalogue import OFFICIAL_NAMES  # noqa: PLC0415 - only plans need it
    from shiplane.planning.inputs import Declared  # noqa: PLC0415

    versions = {component.name: component.version for component in app.facts.components}
    return Declared(app.config, app.facts, tuple(sorted(OFFICIAL_NAMES)), _what_checks_run(versions))


def _what_checks_run(versions: Mapping[str, str]) -> dict[str, str]:
    """Tell what each check runs, by its name: versions of components whose images it does not run in are words too."""
    from shiplane import checks  # noqa: PLC0415 - only plans need it

    words = checks.Surroundings("CHECKOUT", dict.fromkeys(versions, "VERSION"), "PROGRAMS")
    told = {}
    for name, check in checks.steps(words).items():
        own = {component: versions[component] for component in check.images}
        known = checks.steps(replace(words, versions={**words.versions, **own}))[name]
        listed = (*known.before, *(command for _, command in known.checks), *known.keep)
        told[name] = "\n".join(command.masked() for command in listed)
    return told


def items_of_steps(app: App, plan: Plan) -> dict[str, tuple[Item, ...]]:
    """Give what the inputs of a plan's steps are, by step id."""
    from shiplane.planning.keys import items_of  # noqa: PLC0415 - only plans need it

    known = (app.environ, app.store.base_images(), app.tools())
    return {
        step.id: items_of(step.inputs, app.inventory, app.config, *known)
        for step in plan.steps
        if step.inputs is not None
    }


def learn_engine(app: App, tools: Mapping[str, str]) -> bool:
    """Remember for plans, which ask nobody, what the engine is and which base images it holds; tell if it is news."""
    from shiplane.lab.images.catalogue import OFFICIAL_NAMES  # noqa: PLC0415 - only runs ask
    from shiplane.pipeline.own_images import image_ids  # noqa: PLC0415

    held = image_ids(app.runner, sorted(OFFICIAL_NAMES))
    if (held, tools) == (app.store.base_images(), app.store.tools()):
        return False
    app.store.save_base_images(held)
    app.store.save_tools(tools)
    return True


def estimates(store: Store, but: Path | None = None) -> dict[str, float]:
    """Give the longest that steps took in the latest runs, in seconds by step id; the run in `but` is left out."""
    from shiplane.report.estimate import durations  # noqa: PLC0415 - only plans and runs need it

    past = [folder for folder in store.run_folders() if folder != but]
    return durations(read(folder) for folder in past[:_ESTIMATED_RUNS])


def deploy_commands(  # noqa: PLR0913 - what is asked for, each by name
    app: App,
    target: Target,
    release: str,
    *,
    rollback: bool = False,
    strategy: str = "",
    restore_database: bool = False,
) -> DeployCommands:
    """Give what tells a plan the commands of a deploy (or rollback) and of its undo, without a server or a secret."""
    from shiplane.commands import compose  # noqa: PLC0415 - only plans need it
    from shiplane.deploy import planned, tls  # noqa: PLC0415 - only plans need it
    from shiplane.deploy.phases import ROLLOUTS, Options  # noqa: PLC0415 - only plans need it
    from shiplane.model import Host, Site  # noqa: PLC0415

    options = Options.of(app.config)

    def commands(environment: str) -> tuple[tuple[Command, ...], tuple[Command, ...]]:
        settings = app.config.environment(environment)
        folder = compose.folder(app.config.name, environment)
        site = Site(environment, Host(environment, "", 22, "", "", ""), folder, settings.url, settings.overlay)
        rollout = ROLLOUTS[strategy or app.config.rollout]
        words = (site, release, options, target.planned_login(), rollout)
        forward = planned.rollback(*words, restore_database=restore_database) if rollback else planned.deploy(*words)
        undo = planned.undo(site, "RELEASE-BEFORE", options, rollout, restore_database=restore_database)
        https = not rollback and target.serves_https(environment)
        certificate = (tls.planned(site, app.config.proxy),) if https else ()
        return (*certificate, *_commands(forward)), _commands(undo)

    return commands


def _commands(phases: tuple[Phase, ...]) -> tuple[Command, ...]:
    return tuple(command for phase in phases for command in (*phase.commands, *phase.always))
