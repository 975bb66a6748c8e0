"""The data of the development stack: backups, the way back, and what can be removed."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

from shiplane.cli.app import App
from shiplane.cli.command import command
from shiplane.cli.development import alone, left_half, opened, would
from shiplane.cli.text import listed, nowhere, show, show_json

if TYPE_CHECKING:
    from collections.abc import Sequence

    from invoke.context import Context

    from shiplane.development.backups import Kept
    from shiplane.development.cleaning import Cleaning
    from shiplane.development.stack import Stack


@command
def backup(_c: Context, part: list[str] | None = None, dry_run: bool = False, json: bool = False) -> None:
    """Keep the database, media and static files, or some of them; what is kept was read back."""
    from shiplane.development import backups as kept  # noqa: PLC0415 - not needed for --list
    from shiplane.report.development_text import holds  # noqa: PLC0415

    app = App.here()
    stack = opened(app, nowhere if json else show)
    chosen = kept.parts(stack, listed(part))
    if dry_run:
        name = kept.new_name(time.time(), kept.kept(app.checkout))
        would(kept.script(stack, one, "backup", name) for one in chosen)
        return
    with alone(app, stack.say):
        stack.own_rows()
        made = kept.make(stack, chosen, kept.new_name(time.time(), kept.kept(app.checkout)))
    if json:
        show_json(made.to_json())
    else:
        show(f"{made.name}: {holds(made.sizes)}; bring it back: invoke dev.restore {made.name}")


@command
def backups(_c: Context, json: bool = False) -> None:
    """List the backups of the development stack, newest first."""
    from shiplane.development.backups import kept  # noqa: PLC0415 - not needed for --list
    from shiplane.report.development_text import render_kept  # noqa: PLC0415

    found = [one.to_json() for one in kept(App.here().checkout)]
    if json:
        show_json(found)
    else:
        show(render_kept(found))


@command
def restore(
    _c: Context,
    backup: str,
    part: list[str] | None = None,
    keep: bool = True,
    yes: bool = False,
    dry_run: bool = False,
) -> None:
    """Bring a backup back, all of it or parts; one that fails leaves the data as they are."""
    from shiplane.development import backups as kept  # noqa: PLC0415 - not needed for --list
    from shiplane.development import owner  # noqa: PLC0415
    from shiplane.development.restore import Restore, parts_of  # noqa: PLC0415
    from shiplane.lab.images.ensure import ensure_images  # noqa: PLC0415
    from shiplane.report.development_text import render_cut_off  # noqa: PLC0415

    app = App.here()
    stack = opened(app)
    chosen = kept.parts(stack, listed(part))
    name = _known(app, backup, listed(part), dry_run=dry_run)
    one = kept.choose(kept.kept(app.checkout), name)
    wanted = parts_of(one, chosen, asked=bool(part))
    for line in (*render_cut_off(left_half(app)), _taking(one.name, wanted)):
        show(line)
    if dry_run:
        would(kept.script(stack, each, verb, one.name) for verb in ("load", "swap", "finish") for each in wanted)
        return
    _agree(f"restore {one.name}?", yes=yes)
    ensure_images(app.runner, show)
    with alone(app):
        owner.refuse(stack, stack.own_rows())
        if keep:
            _keep(stack, wanted)
        Restore(stack, one, wanted).run()
        owner.take(stack)
    show(f"restored from {one.name}: {', '.join(wanted)}")


def _taking(backup: str, parts: Sequence[str]) -> str:
    return f"backup {backup} takes the place of what there is: {', '.join(parts)}"


def _known(app: App, backup: str, asked: Sequence[str], *, dry_run: bool) -> str:
    """Give the name of a backup; a file from elsewhere is taken among the backups first."""
    from shiplane.development.backups import adopt, is_foreign  # noqa: PLC0415 - not needed for --list
    from shiplane.errors import UsageError  # noqa: PLC0415

    file = Path(backup)
    if not is_foreign(app.checkout, file):
        return backup
    if dry_run:
        raise UsageError(
            f"{backup} is not yet among the backups, so a dry run cannot tell what it holds",
            "leave --dry-run out; it asks before it changes anything",
        )
    return adopt(app.checkout, file, asked)


def _keep(stack: Stack, wanted: Sequence[str]) -> None:
    """Keep what is there now, also of a stack that is stopped; one that was never started has nothing to keep."""
    from shiplane.development import backups as kept  # noqa: PLC0415 - not needed for --list
    from shiplane.development import volumes  # noqa: PLC0415
    from shiplane.development.restore import start_database  # noqa: PLC0415

    running = stack.running()
    if running or volumes.names(stack):
        start_database(stack, wanted, running)
        name = kept.new_name(time.time(), kept.kept(stack.checkout), kept.BEFORE_RESTORE)
        made: Kept = kept.make(stack, wanted, name)
        show(f"what is there now is kept as {made.name}")


@command
def reset(_c: Context, seed: bool = True, yes: bool = False, dry_run: bool = False) -> None:
    """Remove the data and start anew, with example data; backups stay."""
    from shiplane.development import owner, volumes  # noqa: PLC0415 - not needed for --list
    from shiplane.development.login import login  # noqa: PLC0415
    from shiplane.development.start import Wish, refuse_held_ports, start  # noqa: PLC0415
    from shiplane.lab.images.ensure import ensure_images  # noqa: PLC0415
    from shiplane.report.development_text import render_started, render_volumes  # noqa: PLC0415

    app, wish = App.here(), Wish(seed=seed)
    if dry_run:
        would([volumes.removal(), *wish.commands(app.config)])
        return
    stack = opened(app)
    owner.refuse(stack, stack.own_rows())
    # Before anything is lost: with a port that somebody holds, nothing would start again.
    refuse_held_ports(stack, wish)
    show(render_volumes(volumes.sizes(stack)))
    _agree("remove these data?", yes=yes)
    ensure_images(app.runner, show)
    with alone(app):
        volumes.remove(stack, "the data were not removed")
        show(render_started(start(stack, wish), login(stack, app.environ)))


@command
def clean(
    _c: Context, degree: str = "containers", yes: bool = False, dry_run: bool = False, json: bool = False
) -> None:
    """Remove containers, logs, caches, or all with the data; shows what and how much, and asks."""
    from shiplane.development.cleaning import clean as remove  # noqa: PLC0415 - not needed for --list
    from shiplane.development.cleaning import survey  # noqa: PLC0415
    from shiplane.report.development_text import render_removals  # noqa: PLC0415

    app = App.here()
    stack = opened(app, nowhere if json else show)
    found = survey(stack, degree)
    removals = [one.to_json() for one in found.removals]
    if json:
        show_json({"degree": degree, "removals": removals, "stays": found.stays})
    elif removals:
        show(render_removals(removals, found.stays))
    else:
        show(f"nothing to remove: {degree}")
    if dry_run and not json:
        would(found.commands)
    if removals and not dry_run:
        _agree_to(stack, found, degree, yes=yes, json=json)
        with alone(app, stack.say):
            remove(stack, found)
        stack.say("removed")


def _agree_to(stack: Stack, found: Cleaning, degree: str, *, yes: bool, json: bool) -> None:
    """Ask; for what cannot be made again by the name of the project, which nobody types by mistake."""
    from shiplane.cli.asking import typed  # noqa: PLC0415 - not needed for --list
    from shiplane.errors import NotAgreed  # noqa: PLC0415

    question = f"remove these {len(found.removals)}?"
    if yes or degree != "all":
        _agree(question, yes=yes, json=json)
    elif not typed(stack.project, question, json=json):
        raise NotAgreed(question)


def _agree(question: str, *, yes: bool, json: bool = False) -> None:
    from shiplane.cli.asking import agrees  # noqa: PLC0415 - not needed for --list
    from shiplane.errors import NotAgreed  # noqa: PLC0415

    if not yes and not agrees(question, json=json):
        raise NotAgreed(question)
