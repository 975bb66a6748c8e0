"""Commands that look inside an environment: who did what, logs, a command in a container."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, cast

from shiplane.cli.app import App
from shiplane.cli.command import command
from shiplane.cli.text import after_dashes, coloured, finish, show, show_json

if TYPE_CHECKING:
    from collections.abc import Iterator

    from invoke.context import Context

    from shiplane.deploy.audit import Deed
    from shiplane.deploy.logs import Line
    from shiplane.pipeline.environments import Environments
    from shiplane.runners.base import Attaching


@command
def audit(_c: Context, env: str, tail: str = "20", target: str = "", json: bool = False) -> None:
    """Show who did what on an environment, newest first."""
    from shiplane.deploy.audit import audit as read_audit  # noqa: PLC0415 - not needed for --list

    with _opened(App.here(), target, env) as environments:
        found = read_audit(environments.runner(env), environments.site(env))
    if json:
        show_json(found)
        return
    from shiplane.report.audit_text import render_audit  # noqa: PLC0415 - not needed for --json

    show(render_audit(found[: _count(tail)]))


@command
def logs(
    _c: Context,
    env: str,
    service: list[str] | None = None,
    follow: bool = False,
    since: str = "",
    tail: str = "",
    target: str = "",
    json: bool = False,
) -> None:
    """Print the logs of an environment's services, each line with its service; secrets are masked."""
    from shiplane.cli.signals import terminable  # noqa: PLC0415 - not needed for --list
    from shiplane.deploy.logs import Query, read  # noqa: PLC0415
    from shiplane.report.logs_text import LogLines  # noqa: PLC0415

    app = App.here()
    query = Query(tuple(service or ()), since, tail, follow)
    lines = LogLines(show, colour=coloured(app.environ))
    with terminable(), _opened(app, target, env) as environments:
        runner, site = environments.runner(env), environments.site(env)
        read(runner, site, app.masker, query, _show_json_line if json else lines.show)


def _show_json_line(line: Line) -> None:
    """Print one object on one line: following has no end at which a list could be closed."""
    show_json(line.to_json(), indent=None)


@command
def execute(_c: Context, env: str, service: str = "backend", target: str = "", dry_run: bool = False) -> None:
    """Run what follows `--` in a service's container; its exit code becomes ours."""
    from shiplane.cli.signals import terminable  # noqa: PLC0415 - not needed for --list
    from shiplane.deploy.inside import check_words, enter, exec_command, first_word  # noqa: PLC0415
    from shiplane.errors import UsageError  # noqa: PLC0415
    from shiplane.runners.attached import has_terminal  # noqa: PLC0415

    words = after_dashes(sys.argv)
    if not words:
        raise UsageError("no command to run", f"write it last: invoke exec --env {env} --service {service} -- ls -l")
    check_words(words)
    app, terminal = App.here(), has_terminal()
    app.config.environment(env)
    if dry_run:
        show(f"{env}$ {exec_command(env, f'CONTAINER-OF-{service.upper()}', words, terminal=terminal).masked()}")
        return
    with terminable(), _opened(app, target, env) as environments:
        site, runner = environments.site(env), cast("Attaching", environments.runner(env))
        deed = _deed(environments, f"{first_word(words)} in {service}")
        container = enter(runner, site, service, deed, _tell)
        code = runner.attach(exec_command(site.host.name, container, words, terminal=terminal), terminal=terminal)
    finish(code)


def _deed(environments: Environments, detail: str) -> Deed:
    from shiplane.deploy.audit import Deed  # noqa: PLC0415 - not needed for --list
    from shiplane.pipeline.journal import timestamp  # noqa: PLC0415

    holder = environments.holder
    return Deed("exec", timestamp(), holder.who, holder.run, detail)


def _tell(line: str) -> None:
    """Say what is not the command's own output."""
    print(line, file=sys.stderr, flush=True)  # noqa: T201 - this is the terminal's end


def _count(text: str) -> int:
    from shiplane.errors import UsageError  # noqa: PLC0415 - not needed for --list

    if not text.isdecimal() or int(text) == 0:
        raise UsageError(f"tail {text!r} is no number above 0", "write it as --tail 20")
    return int(text)


@contextmanager
def _opened(app: App, target: str, env: str) -> Iterator[Environments]:
    """Open an environment without holding it."""
    from shiplane.cli.run import open_environments  # noqa: PLC0415 - not needed for --list

    app.config.environment(env)
    environments = open_environments(app, app.target(target), "by hand")
    try:
        yield environments
    finally:
        environments.close()
