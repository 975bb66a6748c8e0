"""Commands about a server itself: its lock, and what it must have."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shiplane.cli.app import App
from shiplane.cli.command import command
from shiplane.cli.text import show, show_json

if TYPE_CHECKING:
    from invoke.context import Context

    from shiplane.deploy.lock import Holder


@command
def unlock(
    _c: Context, env: str, target: str = "", yes: bool = False, dry_run: bool = False, json: bool = False
) -> None:
    """Remove a stale deploy lock, saying whose it was."""
    from shiplane.cli.run import open_environments  # noqa: PLC0415 - not needed for --list
    from shiplane.runners.base import Cancel  # noqa: PLC0415

    app = App.here()
    app.config.environment(env)
    environments = open_environments(app, app.target(target), "unlock")
    try:
        lock = environments.lock(env, show, Cancel())
        holder = lock.holder()
        if not json:
            show(f"{env} is held by {holder}" if holder else f"{env} is not locked")
        removed = bool(holder) and not dry_run and (yes or _agrees(env, json=json))
        if removed:
            lock.unlock(holder)
        if json:
            show_json({"environment": env, "holder": _holder(holder), "removed": removed})
        elif removed:
            show(f"the lock of {env} is removed")
    finally:
        environments.close()


def _agrees(env: str, *, json: bool) -> bool:
    """Ask on the terminal; raises `NoTerminal` where there is none, or where JSON goes there."""
    import sys  # noqa: PLC0415 - not needed for --list

    from shiplane.errors import NoTerminal  # noqa: PLC0415

    if json or not sys.stdin.isatty():
        raise NoTerminal(f"remove the lock of {env}?")
    return input("remove this lock? [y/N] ").strip().lower() in ("y", "yes")


def _holder(holder: Holder | None) -> dict[str, object] | None:
    names = ("run", "user", "host", "pid", "since", "renewed_at")
    return {name: getattr(holder, name) for name in names} if holder else None
