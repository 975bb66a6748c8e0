"""The development stack."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from shiplane.cli.app import App
from shiplane.cli.command import command
from shiplane.cli.text import show, show_json

if TYPE_CHECKING:
    from invoke.context import Context

    from shiplane.model import Command

_SHELLS = {
    "backend": ("python", "manage.py", "shell"),
    "db": ("sh", "-c", 'exec psql -U "$POSTGRES_USER" "$POSTGRES_DB"'),
    "redis": ("sh", "-c", 'REDISCLI_AUTH="$REDIS_PASSWORD" exec redis-cli'),
}


@command
def up(_c: Context, with_celery: bool = False, dry_run: bool = False) -> None:
    """Start the development stack (building what changed) and print its addresses."""
    from shiplane.errors import StepFailed  # noqa: PLC0415 - not needed for --list
    from shiplane.lab.images import ensure_images  # noqa: PLC0415

    app = App.here()
    profile = ("--profile", "with-celery") if with_celery else ()
    command = _compose(*profile, "up", "--detach", "--build", "--wait")
    if dry_run:
        show(f"$ {command.masked()}")
        return
    app.require_engine()
    ensure_images(app.runner, show)
    done = app.runner.run(command, on_line=show)
    if not done.ok:
        raise StepFailed("the development stack did not start", "see its logs: invoke dev.logs", done.tail())
    port = app.environ.get("PROXY_PORT", "8080")
    show(f"board     http://127.0.0.1:{port}\nAPI       http://127.0.0.1:{port}/api/v1/status/")
    show("write to the API with the token: development")


@command
def down(_c: Context, volumes: bool = False, yes: bool = False, dry_run: bool = False) -> None:
    """Stop the development stack; data is kept unless --volumes is given."""
    from shiplane.errors import NoTerminal, StepFailed  # noqa: PLC0415 - not needed for --list

    app = App.here()
    command = _compose("--profile", "*", "down", *(("--volumes",) if volumes else ()))
    if dry_run:
        show(f"$ {command.masked()}")
        return
    if volumes and not yes:
        if not sys.stdin.isatty():
            raise NoTerminal("remove the development data?")
        if input("remove the development data? [y/N] ").strip().lower() not in ("y", "yes"):
            return
    done = app.runner.run(command, on_line=show)
    if not done.ok:
        raise StepFailed("the development stack did not stop", "see the lines above", done.tail())


@command
def logs(_c: Context, service: str = "", follow: bool = False, since: str = "") -> None:
    """Print the logs of the development stack."""
    app = App.here()
    flags = (("--follow",) if follow else ()) + (("--since", since) if since else ())
    _become(app, _compose("logs", *flags, *((service,) if service else ())))


@command
def shell(_c: Context, service: str = "backend") -> None:
    """Open a shell in a service: Django's, psql, redis-cli, or sh."""
    app = App.here()
    terminal = () if sys.stdin.isatty() else ("--no-TTY",)
    _become(app, _compose("exec", *terminal, service, *_SHELLS.get(service, ("sh",))))


@command
def status(_c: Context, json: bool = False) -> None:
    """Show the services of the development stack with their state and ports."""
    import json as json_format  # noqa: PLC0415 - the option has the module's name

    app = App.here()
    app.require_engine()
    lines = app.runner.run(_compose("ps", "--all", "--format", "json")).stdout.splitlines()
    found = {row["Service"]: {"state": row["State"], "health": row["Health"]} for row in map(json_format.loads, lines)}
    if json:
        show_json(found)
        return
    show(
        "\n".join(f"{name:12} {row['state']:10} {row['health']}" for name, row in sorted(found.items()))
        or "nothing runs"
    )


def _compose(*arguments: str) -> Command:
    """Call Compose as a person would: the stack is the one that `docker compose up` starts."""
    from shiplane.model import Command  # noqa: PLC0415 - not needed for --list

    return Command(("docker", "compose", "--file", "docker-compose.yml", *arguments))


def _become(app: App, command: Command) -> None:
    """Replace this process, so that the terminal, signals and exit code are the command's own."""
    sys.stdout.flush()
    os.chdir(app.checkout)
    os.execvpe(command.argv[0], command.argv, {**app.environ, **command.environment()})  # noqa: S606 - no shell
