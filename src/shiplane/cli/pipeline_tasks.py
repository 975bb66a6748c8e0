"""`plan`, `pipeline`, `build`, `publish`: from an event to what runs."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from shiplane.cli.app import App
from shiplane.cli.command import command
from shiplane.cli.text import finish, listed, show, show_json
from shiplane.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

    from invoke.context import Context

    from shiplane.cli.run import Manner
    from shiplane.model import Plan
    from shiplane.report.view import View


@command
def plan(
    _c: Context,
    event: str = "",
    branch: str = "",
    target: str = "",
    reuse: bool = True,
    survey: bool = False,
    graph: bool = False,
    json: bool = False,
) -> None:
    """Print the stages and steps that an event leads to, what becomes of each and why; nothing is run."""
    from shiplane.report.plan_text import render_plan, render_survey  # noqa: PLC0415 - not needed for --list

    if graph and (json or survey):
        raise UsageError("--graph prints a drawing alone", "leave --json and --survey out")
    app = App.here()
    made = _plan(app, event, branch, target, reuse=reuse)
    if graph:
        from shiplane.report.plan_graph import render_graph  # noqa: PLC0415 - not needed for --list

        show(render_graph(made))
        return
    found = _survey(app, made) if survey else None
    if json:
        show_json(made.to_json() | ({"survey": found} if survey else {}))
        return
    show(render_plan(made))
    if found is not None:
        show(render_survey(found))


def _survey(app: App, made: Plan) -> dict[str, Any]:
    from shiplane.cli import surveys  # noqa: PLC0415 - not needed for --list

    return surveys.survey(app, made)


@command
def pipeline(
    _c: Context,
    event: str = "",
    branch: str = "",
    target: str = "",
    from_: str = "",
    until: str = "",
    only: str = "",
    resume: bool = False,
    allow_migration: list[str] | None = None,
    reuse: bool = True,
    rebuild: bool = False,
    parallel: int = 0,
    fail_fast: bool = False,
    cancel: bool = True,
    older: bool = False,
    dry_run: bool = False,
    *,
    view: View,
) -> None:
    """Run the stages that an event leads to: build, test, publish, staging, e2e, production."""
    from shiplane.cli.run import Manner  # noqa: PLC0415 - not needed for --list
    from shiplane.cli.selection import Selection  # noqa: PLC0415

    if parallel < 0:
        raise UsageError(f"{parallel} steps cannot run side by side", "write a number above 0")
    selection = Selection.asked(from_, until, only, resume=resume)
    app = App.here()

    def trim(plan: Plan) -> Plan:
        trimmed = selection.trim(plan)
        return _rebuilt(trimmed) if rebuild else trimmed

    def chosen() -> Plan:
        return selection.apply(app, _plan(app, event, branch, target, reuse=reuse, trim=trim))

    manner = Manner("pipeline", reuse, parallel, fail_fast, cancel, older)
    _execute(app, chosen, dry_run=dry_run, view=view, allowed=listed(allow_migration), manner=manner)


@command
def build(_c: Context, target: str = "", reuse: bool = True, dry_run: bool = False) -> None:
    """Build the development and production images (the Nox session `images`), from the caches of a target."""
    app = App.here()
    app.target(target)
    if dry_run:
        from shiplane.commands import nox  # noqa: PLC0415 - not needed for --list

        show(f"$ {nox.session('images').masked()}")
        return
    from shiplane.cli import building  # noqa: PLC0415 - not needed for --list

    building.build(app, target, reuse=reuse)


@command
def publish(
    _c: Context, branch: str = "", target: str = "", rebuild: bool = False, dry_run: bool = False, *, view: View
) -> None:
    """Build the production images, push them with their tags and record their digests."""
    from shiplane.cli.run import Manner  # noqa: PLC0415 - not needed for --list
    from shiplane.model import STAGE_NAMES  # noqa: PLC0415

    app = App.here()

    def chosen() -> Plan:
        # A branch that the policy does not deliver can be published by hand too.
        made = _publish_plan(_plan(app, "push", branch, target, STAGE_NAMES))
        return _rebuilt(made) if rebuild else made

    _execute(app, chosen, dry_run=dry_run, view=view, manner=Manner("publish"))


def _rebuilt(plan: Plan) -> Plan:
    from shiplane.planning.rebuild import rebuilt  # noqa: PLC0415 - not needed for --list

    return rebuilt(plan)


def _publish_plan(whole: Plan) -> Plan:
    """Keep what publishing needs: the base images, on the lab its registry, and the stage itself."""
    kept = []
    for stage in whole.stages:
        if stage.name == "build":
            steps = tuple(replace(s, needs=()) for s in stage.steps if s.id in ("build.bases", "build.lab"))
            kept.append(replace(stage, steps=steps))
        if stage.name == "publish":
            known = {step.id for one in (*kept, stage) for step in one.steps}
            steps = tuple(replace(s, needs=tuple(n for n in s.needs if n in known)) for s in stage.steps)
            kept.append(replace(stage, steps=steps))
    return replace(whole, stages=tuple(kept), reason="publish what is checked out")


def _plan(
    app: App,
    event: str,
    branch: str,
    target: str,
    stages: tuple[str, ...] = (),
    *,
    reuse: bool = True,
    trim: Callable[[Plan], Plan] = lambda plan: plan,
) -> Plan:
    from shiplane.cli.plans import pipeline_plan  # noqa: PLC0415 - not needed for --list

    return pipeline_plan(app, app.event(event, branch), app.target(target), stages, reuse=reuse, trim=trim)


def _execute(
    app: App,
    chosen: Callable[[], Plan],
    *,
    dry_run: bool,
    view: View,
    manner: Manner,
    allowed: tuple[str, ...] = (),
) -> None:
    from shiplane.report.plan_text import render_plan  # noqa: PLC0415 - not needed for --list

    made = chosen()
    if dry_run or not made.stages:
        show(render_plan(made))
        return
    from shiplane.cli.plans import learn_engine  # noqa: PLC0415 - a dry run does without
    from shiplane.cli.run import Run  # noqa: PLC0415
    from shiplane.cli.selection import release_of  # noqa: PLC0415

    target = app.target(made.target)
    target.require(tuple(s.name for s in made.stages if s.name in ("staging", "production")))
    if any(s.name == "publish" for s in made.stages) and app.facts.edits and not target.allows_edits:
        from shiplane.pipeline.publish import refuse_unsafe  # noqa: PLC0415

        refuse_unsafe(app.facts, target, stand_ins=False)
    if learn_engine(app, app.require_engine()):
        made = chosen()
    app.keep_hashes()
    run = Run(app, target, made, view=view, allowed=allowed, manner=manner, again=chosen)
    finish(run.execute(release_of(app, made)))
