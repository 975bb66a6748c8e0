"""The page of all commands, from what they say of themselves: Invoke's tasks, Nox's sessions, scripts, exit codes."""

from __future__ import annotations

import ast
import copy
import importlib.util
from pathlib import Path
from typing import TYPE_CHECKING

from shiplane import errors
from shiplane.cli.command import HELP

if TYPE_CHECKING:
    from collections.abc import Iterator

    from invoke.collection import Collection
    from invoke.parser.argument import Argument

_CHECKOUT = Path(__file__).resolve().parents[3]
_SCRIPTS = (
    *("scripts/bootstrap", "scripts/onboard", "scripts/demo", "scripts/test", "scripts/lock"),
    *("docker-dev.sh", "testing/run-tests.sh"),
)
_HEAD = """\
# Commands

Every command with its options, as the commands say it themselves: this page is written by
`.venv/bin/python -m shiplane.cli.reference`. They live in `.venv/bin`.

```bash
invoke --list                # every task in a line
invoke --help deploy         # one of them with its options, and their one-letter forms
nox --list                   # the sessions
```

**What they have in common.** Commands that read state take `--json`, commands that change something `--dry-run`,
commands about an environment `--target`. A command that would ask takes `--yes`, and refuses where nobody could answer.
What has to be given may also stand as a word, in the order of the table: `invoke config.set limits.e2e 900`. What can
be given several times has a `…`; what follows `--` belongs to the program that is called.
"""


def page() -> str:
    """Write `docs/commands.md`."""
    tasks = _tasks()
    parts = [_HEAD, _codes(), "## Invoke: pipelines and environments\n"]
    parts += [_task(tasks, name) for name in sorted(tasks.task_names, key=lambda name: ("." in name, name))]
    parts += ["## Nox: checks in isolation\n", _table(("session", "does"), _sessions())]
    parts += ["## Scripts, for newcomers\n", _table(("script", "does"), _scripts())]
    return "\n".join(parts)


def _tasks() -> Collection:
    """Load the tasks of this checkout, as Invoke does."""
    spec = importlib.util.spec_from_file_location("shiplane_tasks", _CHECKOUT / "tasks.py")
    if spec is None or spec.loader is None:
        raise errors.UsageError("tasks.py cannot be loaded", f"see {_CHECKOUT}/tasks.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    found: Collection = module.ns
    return found


def _codes() -> str:
    """Write the exit codes, each with the errors that end so."""
    sections: dict[int, list[str]] = {}
    for kind in sorted(_kinds(errors.ShiplaneError), key=lambda kind: kind.section()):
        sections.setdefault(kind.exit_code, []).append(f"[{kind.section()}](errors.md#{kind.section()})")
    named = {code: f": {', '.join(links)}" for code, links in sections.items()}
    lines = (f"- **{code}** {text}{named.get(code, '')}\n" for code, text in errors.EXIT_CODES.items())
    return f"## Exit codes\n\n{''.join(lines)}"


def _kinds(kind: type[errors.ShiplaneError]) -> Iterator[type[errors.ShiplaneError]]:
    for child in kind.__subclasses__():
        yield child
        yield from _kinds(child)


def _task(tasks: Collection, name: str) -> str:
    # Invoke takes an option's text away from the task when it gives it out: it stays the task's own.
    task = copy.copy(tasks[name])
    task.help = dict(task.help)
    text = (task.__doc__ or "").strip().partition("\n")[0]
    rows = [(f"`{_option(each)}`", _means(each)) for each in task.get_arguments()]
    options = f"\n{_table(('option', 'means'), rows)}" if rows else ""
    return f"### `invoke {name}`\n\n{_escaped(text)}\n{options}"


def _option(argument: Argument) -> str:
    """Write an option as it is typed; a switch that is on by default is typed to be switched off."""
    name = str(argument.name).strip("_").replace("_", "-")  # as Invoke does
    if argument.kind is bool:
        return f"--no-{name}" if argument.default is True else f"--{name}"
    return f"--{name} {'N' if argument.kind is int else 'TEXT'}{' …' if argument.kind is list else ''}"


def _means(argument: Argument) -> str:
    text = HELP[argument.attr_name or argument.name or ""]
    return _escaped(f"{text}{'; has to be given' if argument.positional else ''}")


def _sessions() -> Iterator[tuple[str, ...]]:
    """Give name and docstring of each session, read and not run."""
    tree = ast.parse((_CHECKOUT / "noxfile.py").read_text(encoding="utf-8"))
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and node.decorator_list:
            yield f"`nox -s {node.name}`", _escaped(ast.get_docstring(node) or "")


def _scripts() -> Iterator[tuple[str, ...]]:
    """Give each script with what its first comment says."""
    for name in _SCRIPTS:
        comment = (_CHECKOUT / name).read_text(encoding="utf-8").splitlines()[1]
        yield f"`./{name}`", _escaped(comment.removeprefix("# "))


def _table(head: tuple[str, ...], rows: Iterator[tuple[str, ...]] | list[tuple[str, str]]) -> str:
    first, *others = (f"| {' | '.join(cells)} |\n" for cells in (head, *rows))
    return f"{first}|{'---|' * len(head)}\n{''.join(others)}"


def _escaped(text: str) -> str:
    return text.replace("|", "\\|").replace("<", "&lt;")
