"""Commands about a server itself: its lock, and what it must have."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from shiplane.cli.app import App
from shiplane.cli.command import command
from shiplane.cli.environment_tasks import no_server
from shiplane.cli.text import nowhere, show, show_json

if TYPE_CHECKING:
    from collections.abc import Callable

    from invoke.context import Context

    from shiplane.deploy.lock import Holder, Lock
    from shiplane.deploy.prepare import Preparation
    from shiplane.deploy.readiness import Check
    from shiplane.errors import DeployBroken
    from shiplane.model import Command


@command
def unlock(
    _c: Context,
    env: str,
    target: str = "",
    stale: bool = False,
    end_job: bool = False,
    if_deployed: bool = False,
    yes: bool = False,
    dry_run: bool = False,
    json: bool = False,
) -> None:
    """Remove a stale deploy lock, saying whose it was; with --stale only one that nobody renews, unasked.

    What runs on the server for it is left alone and the lock with it; --end-job ends it, which undoes it.
    """
    from shiplane.cli.run import open_environments  # noqa: PLC0415 - not needed for --list
    from shiplane.runners.base import Cancel  # noqa: PLC0415

    app = App.here()
    app.config.environment(env)
    if if_deployed and (absent := no_server(app, target, env)):
        _told_absent(f"{absent}: nothing to unlock", {"environment": env, "holder": None, "removed": False}, json=json)
        return
    environments = open_environments(app, app.target(target), "unlock")
    try:
        lock = environments.lock(env, nowhere if json else show, Cancel())
        holder = lock.holder()
        if not json:
            show(_told(env, holder))
        removed = False
        if holder is not None and not dry_run:
            if stale:
                removed = _gave_up(lock, environments.holder)
            else:
                removed = _unlock(lock, holder, end_job=end_job, yes=yes, json=json)
        if json:
            show_json({"environment": env, "holder": _holder(holder), "removed": removed})
        elif removed:
            show(f"the lock of {env} is removed")
    finally:
        environments.close()


def _told_absent(text: str, found: dict[str, object], *, json: bool) -> None:
    if json:
        show_json(found)
    else:
        show(text)


def _told(env: str, holder: Holder | None) -> str:
    if holder is None:
        return f"{env} is not locked"
    return f"{env} is held by {holder}" + (f", and at work on the server: {holder.job!r}" if holder.job else "")


def _unlock(lock: Lock, holder: Holder, *, end_job: bool, yes: bool, json: bool) -> bool:
    from shiplane.cli.asking import agrees  # noqa: PLC0415 - not needed for --list
    from shiplane.errors import StillAtWork  # noqa: PLC0415

    env = lock.site.environment
    if holder.job and not end_job:
        raise StillAtWork(env, str(holder), holder.job)
    lock_of = f"the lock of {env}"
    question = f"end what runs, and remove {lock_of}?" if holder.job else f"remove {lock_of}?"
    if not (yes or agrees(question, json=json)):
        return False
    broken = _end(lock, holder) if end_job else None
    lock.unlock(holder)
    if broken:
        raise broken
    return True


def _end(lock: Lock, holder: Holder) -> DeployBroken | None:
    """End what runs for a lock, and say what became of it; give what is to be told where it was not undone."""
    from shiplane.commands import job  # noqa: PLC0415 - not needed for --list
    from shiplane.errors import DeployBroken  # noqa: PLC0415

    code, said = lock.end_job()
    if code == job.BROKEN:
        env, last = lock.site.environment, (said or ("it said nothing",))[-1]
        cause = f"{env}: {holder.job!r} was ended, and undoing it failed: {last}"
        fix = f"look at it: invoke status --env {env}; then deploy again, or: invoke rollback --env {env}"
        return DeployBroken(cause, fix, said)
    ended = {None: "nothing runs any more", 0: "it had come to its end", job.UNDONE: "ended, and undone"}
    lock.report(ended.get(code, "ended; there was nothing to undo"))
    return None


def _gave_up(lock: Lock, me: Holder) -> bool:
    """Take a lock over that nobody renews, and give it back; False where its holder lives."""
    from shiplane.errors import Locked  # noqa: PLC0415 - not needed for --list

    try:
        with lock.hold(me):
            return True
    except Locked as held:
        lock.report(f"{held.cause}: left alone")
        return False


def _holder(holder: Holder | None) -> dict[str, object] | None:
    names = ("run", "user", "host", "pid", "since", "renewed_at", "job")
    return {name: getattr(holder, name) for name in names} if holder else None


@command
def prune(
    _c: Context, env: str, target: str = "", if_deployed: bool = False, dry_run: bool = False, json: bool = False
) -> None:
    """Remove what no release needs that is kept: releases, backups and images, as each deploy does at its end."""
    from shiplane.cli.run import open_environments  # noqa: PLC0415 - not needed for --list
    from shiplane.deploy import retention  # noqa: PLC0415
    from shiplane.deploy.phases import Options  # noqa: PLC0415
    from shiplane.runners.base import Cancel  # noqa: PLC0415

    app, say = App.here(), nowhere if json else show
    app.config.environment(env)
    if if_deployed and (absent := no_server(app, target, env)):
        _told_absent(f"{absent}: nothing is removed", {"environment": env, "removed": [], "left": []}, json=json)
        return
    environments, cancel, chosen = open_environments(app, app.target(target), "prune"), Cancel(), Options.of(app.config)
    left: tuple[str, ...] = ()
    try:
        if not dry_run:
            environments.hold(env, say, cancel, wait=True)
        state, site = environments.deployer(env, say, cancel).survey(), environments.site(env)
        made = retention.command(site, state, chosen)
        gone = retention.outdated(state, state.current, chosen) if state.current else ()
        if made is not None and not dry_run:
            left = retention.prune(environments.runner(env), site, made)
    finally:
        environments.close()
    if json:
        show_json({"environment": env, "removed": [] if dry_run else list(gone), "left": list(left)})
        return
    for line in _pruned(env, gone, made, dry_run=dry_run):
        show(line)
    for line in left:
        show(line)


def _pruned(env: str, gone: tuple[str, ...], made: Command | None, *, dry_run: bool) -> list[str]:
    if made is None:
        return [f"nothing is deployed to {env}: nothing is removed"]
    named = ", ".join(gone) or "no release and no backup"
    if dry_run:
        return [f"would remove {named}, and the images that no release needs", f"{env}$ {made.masked()}"]
    return [f"{env}: removed {named}, and the images that no release needs"]


@command
def prepare(
    _c: Context,
    env: str,
    target: str = "",
    apply: bool = False,
    admin: str = "",
    dry_run: bool = False,
    json: bool = False,
) -> None:
    """Check what a server needs, and with --apply make it; --admin root connects as another user for that."""
    import time  # noqa: PLC0415 - not needed for --list

    from shiplane.deploy.prepare import Preparation  # noqa: PLC0415
    from shiplane.errors import NotPrepared  # noqa: PLC0415
    from shiplane.runners.keys import public_key  # noqa: PLC0415

    app = App.here()
    app.config.environment(env)
    chosen = app.target(target)
    site, other = chosen.site(env), chosen.admin(env, admin) if admin else None
    key, connect = public_key(site.host.key_file), partial(app.world.server, masker=app.masker)
    preparation = Preparation(site, partial(connect, site.host), time.time, connect(other) if other else None, key)
    try:
        found = _prepare(preparation, nowhere if json else show, apply=apply, dry_run=dry_run)
    finally:
        preparation.close()
    if json:
        show_json([check.to_json() for check in found])
    bad = [check.id for check in found if not check.ok]
    if bad:
        raise NotPrepared(env, bad)


def _prepare(preparation: Preparation, say: Callable[[str], None], *, apply: bool, dry_run: bool) -> list[Check]:
    """Look, make what is asked for, and look again."""
    from shiplane.report.status_text import render_checks  # noqa: PLC0415 - not needed for --list

    found, root = preparation.look()
    if dry_run or not apply:
        say(render_checks([check.to_json() for check in found]))
        if dry_run:
            say(f"would make: {', '.join(preparation.makeable(found, root)) or 'nothing'}")
        return found
    made, found = preparation.mend(found, root)
    say(f"made: {', '.join(made)}" if made else "nothing was changed")
    say(render_checks([check.to_json() for check in found]))
    return found
