"""The configuration: what holds, where it comes from, and changing it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shiplane.cli.app import App
from shiplane.cli.command import command
from shiplane.cli.text import show, show_json

if TYPE_CHECKING:
    from collections.abc import Callable

    from invoke.context import Context


@command
def show_config(_c: Context, origin: bool = False, json: bool = False) -> None:
    """Show every value of the configuration; --origin says where each comes from."""
    from shiplane.cli.configuring import survey  # noqa: PLC0415 - not needed for --list

    found = survey(App.here())
    if json:
        show_json(found)
        return
    from shiplane.report.config_text import render_config  # noqa: PLC0415 - not needed for --json

    show(render_config(found, origins=origin))


@command
def set_key(_c: Context, key: str, value: str, dry_run: bool = False) -> None:
    """Set a key (`config.set limits.e2e 900`); comments and all else of pyproject.toml stay as they are."""
    from shiplane.config import edit, overrides  # noqa: PLC0415 - not needed for --list

    edit.require(key)
    made = overrides.value(key, value, f"tool.shiplane.{key}")
    _change(lambda text: edit.with_value(text, key, made), dry_run=dry_run)


@command
def unset_key(_c: Context, key: str, dry_run: bool = False) -> None:
    """Take a key out of pyproject.toml, so that its default holds again."""
    from shiplane.config import edit  # noqa: PLC0415 - not needed for --list

    _change(lambda text: edit.without(text, key), dry_run=dry_run)


def _change(edited: Callable[[str], str], *, dry_run: bool) -> None:
    from shiplane.cli.configuring import change  # noqa: PLC0415 - not needed for --list

    difference = change(App.here(), edited, dry_run=dry_run)
    show(difference or "nothing changes: it is so already")
