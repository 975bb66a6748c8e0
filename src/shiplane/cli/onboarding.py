"""A newcomer's first steps on a machine that `scripts/bootstrap` has prepared; each may be repeated."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING

from shiplane.commands import env_example, stack
from shiplane.errors import ShiplaneError, StepFailed
from shiplane.lab.files import write_private
from shiplane.model import Command

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from shiplane.cli.app import App

    Say = Callable[[str], None]

_DATABASE = ("DB_PASSWORD", "db-data")
"""The password that new data alone takes, and the volume that holds old ones."""
_BYTES = 24
_INVOKE = ".venv/bin/invoke"
ENDING = """
you are ready. The five commands of the day:

  invoke dev.up           the development stack; its addresses stand at the end of what it prints
  invoke test --changed   the suites that your edits may change
  nox -s lint             code quality, all of it; each commit looks at what it changes
  invoke plan             what a push of this commit would do
  invoke pipeline         do it, on this machine

They live in .venv/bin: source .venv/bin/activate. To complete them by Tab: eval "$(invoke completion)"."""


@dataclass(frozen=True, slots=True)
class Step:
    """Name one step, what it runs, and whether the way goes on where it fails."""

    title: str
    command: Command
    may_fail: bool = False


def steps(*, start: bool) -> Iterator[Step]:
    """Give what runs after one another; without `start` nothing that needs room."""
    doctor = Command((_INVOKE, "doctor", "--fix", "--seconds", "30"))
    # Without the stack, what it lacks here is told and no hindrance.
    yield Step("what would make a run fail here", doctor, may_fail=not start)
    if start:
        yield Step("the development stack", Command((_INVOKE, "dev.up")))
        yield Step("the first test run", Command((_INVOKE, "test", "--suite", "unit")))


def run(app: App, say: Say, *, start: bool) -> None:
    """Take every step; raises `StepFailed` for the first that fails."""
    first, *others = steps(start=start)
    _take(app, first, say)
    say(f"\n== .env\n{write_env(app)}")
    for step in others:
        _take(app, step, say)
    say(ENDING)


def plan(app: App, *, start: bool) -> Iterator[str]:
    """Write what would be done, a line each."""
    first, *others = (f"$ {step.command.masked()}" for step in steps(start=start))
    yield first
    if not _is_there(file := app.checkout / ".env") and file.with_name(".env.example").is_file():
        yield "make .env of .env.example, with generated secrets"
    yield from others


def _take(app: App, step: Step, say: Say) -> None:
    say(f"\n== {step.title}: {step.command.masked()}")
    done = app.runner.run(step.command, on_line=say)
    if not done.ok and not step.may_fail:
        fix = "mend it as said above, then run ./scripts/onboard again: what is done is not repeated"
        raise StepFailed(f"{step.title}: ended with {done.exit_code}", fix)


def write_env(app: App) -> str:
    """Make `.env` of the example, with secrets of its own and for its owner alone; say what became of it.

    One that is there is left as it is. The password of a database that has data stays the default.
    """
    file, example = app.checkout / ".env", app.checkout / ".env.example"
    if _is_there(file):
        return "it is there already: left as it is"
    if not example.is_file():
        return "there is no .env.example to make it of: nothing is needed"
    text = example.read_text(encoding="utf-8")
    kept = (_DATABASE[0],) if _has_data(app) else ()
    write_private(file, env_example.filled(text, lambda: secrets.token_urlsafe(_BYTES), kept))
    made = ", ".join(name for name in env_example.secrets_of(text) if name not in kept)
    return f"made of .env.example, for you alone, with generated values for {made or 'nothing'}" + (
        f"; {_DATABASE[0]} stays the default, for the database may have data" if kept else ""
    )


def _is_there(file: Path) -> bool:
    return file.exists() or file.is_symlink()


def _has_data(app: App) -> bool:
    """Tell whether the development database has data, or may have: its password is the one that it was made with."""
    from shiplane.doctor.models import resolve  # noqa: PLC0415 - asks Compose

    try:
        volumes = resolve(app.runner, stack.DEVELOPMENT).get("volumes", {})
    except ShiplaneError:
        return True
    name = volumes.get(_DATABASE[1], {}).get("name", "")
    told = app.runner.run(Command(("docker", "volume", "ls", "--quiet")))
    # An engine that does not answer may hold a volume of that name.
    return bool(name) and (not told.ok or name in told.stdout.split())
