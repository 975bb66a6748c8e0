"""The plans of single commands about an environment: one change of it, the browser tests, or both in one go."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from shiplane.cli.plans import deploy_commands, unasked
from shiplane.model import Plan, Stage, Step
from shiplane.planning.limits import limited
from shiplane.planning.naming import TEST_RUNNER
from shiplane.planning.plan import vpn_steps

if TYPE_CHECKING:
    from shiplane.cli.app import App


def change_plan(  # noqa: PLR0913 - what is asked for, each by name
    app: App,
    target: str,
    env: str,
    action: str,
    release: str,
    strategy: str = "",
    *,
    restore_database: bool = False,
) -> Plan:
    """Plan one environment's change: the change itself, then the look at the public address."""
    app.config.environment(env)
    chosen = app.target(target)
    rollback = action == "rollback"
    commands, undo = deploy_commands(
        app, chosen, release, rollback=rollback, strategy=strategy, restore_database=restore_database
    )(env)
    joined = vpn_steps(app.config, chosen.name, env, env)
    needs = tuple(step.id for step in joined)
    first = Step(
        f"{env}.{action}", f"{action}: {release} on {env}", needs, env, commands, undo, action=action, environment=env
    )
    second = Step(
        f"{env}.verify", "the public address answers with the release", (first.id,), action="verify", environment=env
    )
    clock, limit = app.config.limits.of(env)
    stage = Stage(env, limit, clock, limited((*joined, first, second), app.config))
    return Plan(app.event("manual"), chosen.name, (stage,), f"{action} by hand", release, unasked(app, chosen))


def tests_plan(app: App, target: str, env: str) -> Plan:
    """Plan the browser tests against what an environment runs."""
    app.config.environment(env)
    name = app.target(target).name
    joined = vpn_steps(app.config, name, "e2e", env)
    stage = _tests(app, env, (), joined)
    return Plan(app.event("manual"), name, (stage,), "browser tests by hand")


def tested_plan(app: App, change: Plan, env: str) -> Plan:
    """Add the browser tests to the plan of a change, by whose way in they go; the run holds the environment for both.

    They begin when the change has ended, for each stage has a time limit of its own.
    """
    after = tuple(step.id for step in change.steps)
    return replace(
        change, stages=(*change.stages, _tests(app, env, after[-1:])), reason="deploy and browser tests by hand"
    )


def _tests(app: App, env: str, after: tuple[str, ...], joined: tuple[Step, ...] = ()) -> Stage:
    bases = Step("e2e.bases", "base images are here", after, action="bases")
    words = ("e2e.runner", "image of the browser tests", (bases.id,))
    runner = Step(*words, action="test-runner", makes=(TEST_RUNNER,))
    needs = (runner.id, *(step.id for step in joined))
    tests = Step("e2e.tests", f"browser tests against {env}", needs, action="e2e", environment=env)
    clock, limit = app.config.limits.of("e2e")
    return Stage("e2e", limit, clock, limited((*joined, bases, runner, tests), app.config))
