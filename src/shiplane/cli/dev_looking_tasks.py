"""Looking at the development stack, and typing in it."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from shiplane.cli.app import App
from shiplane.cli.command import command
from shiplane.cli.development import alone, left_half, opened, would
from shiplane.cli.text import after_dashes, coloured, finish, listed, nowhere, show, show_json

if TYPE_CHECKING:
    from invoke.context import Context

    from shiplane.deploy.logs import Line
    from shiplane.development.stack import Stack
    from shiplane.development.watch import Event
    from shiplane.doctor import Told


@command
def logs(
    _c: Context,
    service: list[str] | None = None,
    follow: bool = False,
    since: str = "",
    tail: str = "",
    json: bool = False,
) -> None:
    """Print the logs of services, each line with its service."""
    from shiplane.cli.signals import terminable  # noqa: PLC0415 - not needed for --list
    from shiplane.deploy.logs import Query  # noqa: PLC0415
    from shiplane.development.logs import read  # noqa: PLC0415
    from shiplane.report.logs_text import LogLines  # noqa: PLC0415

    app, services = App.here(), listed(service)
    stack, query = opened(app), Query(services, since, tail, follow)
    stack.check(services)
    lines = LogLines(show, colour=coloured(app.environ))
    with terminable():
        read(stack, query, _show_json_line if json else lines.show)


def _show_json_line(line: Line | Event) -> None:
    """Print one object on one line: following has no end at which a list could be closed."""
    show_json(line.to_json(), indent=None)


@command
def shell(
    _c: Context,
    service: str = "",
    bash: bool = False,
    client: bool = False,
    mine: bool = False,
    dry_run: bool = False,
) -> None:
    """Open a service's own shell (Django's, psql, redis-cli, else bash), or run what follows `--` there."""
    import os  # noqa: PLC0415 - not needed for --list

    from shiplane.cli.signals import terminable  # noqa: PLC0415
    from shiplane.deploy.inside import check_words  # noqa: PLC0415
    from shiplane.development.inside import enter  # noqa: PLC0415
    from shiplane.runners.attached import has_terminal  # noqa: PLC0415

    app, words, terminal = App.here(), after_dashes(sys.argv), has_terminal()
    check_words(words)
    chosen = service or app.config.release_service
    user = f"{os.getuid()}:{os.getgid()}" if mine else ""
    order = enter(app.config, chosen, words, bash=bash, own=client, terminal=terminal, user=user)
    if dry_run:
        would([order])
        return
    opened(app).require(chosen)
    with terminable():
        finish(app.runner.attach(order, terminal=terminal))


@command
def status(_c: Context, json: bool = False) -> None:
    """Show what runs: health, ports, what it uses, versions, and images that are behind their lock files."""
    from shiplane.development.status import survey  # noqa: PLC0415 - not needed for --list
    from shiplane.report.development_text import render_stack  # noqa: PLC0415

    app = App.here()
    found = {**survey(opened(app, nowhere)), "cut_off": left_half(app)}
    if json:
        show_json(found)
    else:
        show(render_stack(found))


@command
def watch(_c: Context, json: bool = False) -> None:
    """Show how each service is, then what becomes of it, until Ctrl-C; what needs a look is marked."""
    from shiplane.cli.signals import terminable  # noqa: PLC0415 - not needed for --list
    from shiplane.development.watch import watch as watch_stack  # noqa: PLC0415
    from shiplane.report.development_text import render_event  # noqa: PLC0415

    with terminable():
        watch_stack(opened(App.here()), _show_json_line if json else lambda event: show(render_event(event)))


@command
def volumes(_c: Context, json: bool = False) -> None:
    """Show the volumes with their sizes."""
    from shiplane.development.volumes import sizes  # noqa: PLC0415 - not needed for --list
    from shiplane.report.development_text import render_volumes  # noqa: PLC0415

    found = sizes(opened(App.here()))
    if json:
        show_json(found)
    else:
        show(render_volumes(found))


@command
def preflight(_c: Context, fix: bool = False, seconds: int = 0, dry_run: bool = False, json: bool = False) -> None:
    """Tell what would keep the development stack from starting, in the order in which to mend it, and the fixes."""
    from shiplane.cli.doctor_tasks import tell  # noqa: PLC0415 - not needed for --list

    app = App.here()
    tell(app, lambda: _examine(app, seconds), fix=fix, dry_run=dry_run, json=json)


def _examine(app: App, seconds: int) -> list[Told]:
    from shiplane.cli.doctor_groups import of_stack  # noqa: PLC0415 - not needed for --list
    from shiplane.doctor.examine import SECONDS, examine  # noqa: PLC0415
    from shiplane.runners.base import Bound, Cancel  # noqa: PLC0415

    cancel = Cancel()
    return examine(of_stack(app, Bound(app.runner, cancel)), cancel, seconds or SECONDS)


@command
def check(_c: Context, recovery: bool = False, dry_run: bool = False, json: bool = False) -> None:
    """Ask what comes through the proxy: pages, API, environment, headers; --recovery stops the database meanwhile."""
    from shiplane.commands import development as commands  # noqa: PLC0415 - not needed for --list
    from shiplane.errors import StepFailed  # noqa: PLC0415
    from shiplane.report.doctor_text import render_doctor  # noqa: PLC0415

    app = App.here()
    service = (app.config.backup.service,)
    if dry_run:
        would([commands.stop(service), commands.up(service, build=False)] if recovery else [])
        return
    found = _answers(app, opened(app, nowhere if json else show), recovery=recovery)
    if json:
        show_json([told.to_json() for told in found])
    else:
        show(render_doctor(found))
    bad = [told.id for told in found if not told.ok]
    if bad:
        raise StepFailed(
            f"the development stack does not answer as it should: {', '.join(bad)}", "mend it as said above"
        )


def _answers(app: App, stack: Stack, *, recovery: bool) -> list[Told]:
    from shiplane.development.answers import drill, look  # noqa: PLC0415 - not needed for --list
    from shiplane.runners.base import Cancel  # noqa: PLC0415

    http = app.world.http()
    if not recovery:
        return look(stack, http)
    # However it is ended, the database is started again.
    with alone(app, stack.say):
        stack.own_rows()
        return [*look(stack, http), *drill(stack, http, Cancel().sleep)]


@command
def validate(_c: Context, json: bool = False) -> None:
    """Check the compose files of every stack: that Compose takes them, with this checkout's .env too, and the rules."""
    from shiplane.cli.stacks import check  # noqa: PLC0415 - not needed for --list

    app = App.here()
    stack = opened(app, nowhere if json else show)
    names = check(app, stack.say)
    if stack.model and json:
        show_json([{"stack": name, "valid": True} for name in names])
    elif stack.model:
        show("\n".join(f"{name}: valid" for name in names))
