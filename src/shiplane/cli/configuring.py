"""What `config.show` and `config.set` do."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING, Any

from shiplane.cli.remote_target import CONFIGURED
from shiplane.config import describe, edit, overrides, parse, read, table_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from shiplane.cli.app import App

_FILE = "pyproject.toml"
# Older than the general variables, and known to GitHub; only the target remote asks for them.
_WINS = {"registry": ("CONTAINER_REGISTRY",), "owner": ("REPOSITORY_OWNER", "GITHUB_REPOSITORY_OWNER")}
_WINS_FOR_SERVERS = {key: name for name, key in CONFIGURED.items()}


def survey(app: App) -> dict[str, dict[str, Any]]:
    """Give each key's value and origin, as they hold for a command that is run here now."""
    text = (app.checkout / _FILE).read_text(encoding="utf-8")
    table, lines = read(app.checkout), edit.lines(text)
    named = overrides.given(parse(table), app.environ)
    found = {}
    for path, value in describe.values(app.config).items():
        origin = named.get(path) or _in_file(path, lines, table)
        winner = _winner(app, path)
        found[path] = {"value": app.environ[winner] if winner else _plain(path, value), "origin": winner or origin}
    return found


def _in_file(path: str, lines: dict[str, int], table: dict[str, Any]) -> str:
    inner: Any = table
    for part in path.replace("[", ".").replace("]", "").split("."):
        inner = inner[int(part)] if isinstance(inner, list) else inner.get(part) if isinstance(inner, dict) else None
    if inner is None:
        return "default"
    return f"{_FILE}:{lines[path]}" if path in lines else _FILE


def _winner(app: App, path: str) -> str:
    """Name the variable that wins for a key on the target remote; empty where none does."""
    names: tuple[str, ...] = _WINS.get(path, ())
    place, _, key = path.rpartition(".")
    if place.startswith("environments.") and key in _WINS_FOR_SERVERS:
        environment = place.removeprefix("environments.").upper()
        names = (f"{environment}_{_WINS_FOR_SERVERS[key]}", _WINS_FOR_SERVERS[key])
    return next((name for name in names if app.environ.get(name)), "")


def _plain(path: str, value: Any) -> Any:  # noqa: ANN401 - what JSON holds
    if not isinstance(value, tuple):
        return value
    key = describe.find(path)
    return dict(value) if key is not None and key.holds_pairs else list(value)


def change(app: App, edited: Callable[[str], str], *, dry_run: bool) -> str:
    """Change pyproject.toml and give the difference; what would be refused is not written.

    Raises `ConfigError`, with the file as it was.
    """
    file = app.checkout / _FILE
    before = file.read_bytes().decode("utf-8")
    table_of(before)
    after = edited(before)
    parse(table_of(after))
    if after != before and not dry_run:
        file.write_bytes(after.encode())
    lines = difflib.unified_diff(before.splitlines(), after.splitlines(), _FILE, _FILE, n=1, lineterm="")
    return "\n".join(lines)
