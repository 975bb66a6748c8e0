"""What `version.bump` does: look, refuse, write, record; what fails on the way leaves the files as they were."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from shiplane.commands import git, git_orders
from shiplane.errors import ReleaseExists, StepFailed, TimeLimit, UnknownName, UsageError
from shiplane.facts import versions
from shiplane.facts.answers import told_by_git
from shiplane.planning import bump as planning

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from shiplane.cli.app import App
    from shiplane.config import Component
    from shiplane.model import Command
    from shiplane.planning.bump import Bump
    from shiplane.runners.base import Completed

_LOCK = "package-lock.json"
_PACKAGE = "package.json"


@dataclass(frozen=True, slots=True)
class Raise:
    """Hold what is to happen: the new texts by file, and what is recorded."""

    bumps: tuple[Bump, ...]
    files: Mapping[str, str]

    @property
    def recording(self) -> tuple[Command, ...]:
        """Give what records the files, in order."""
        message = f"Release {planning.title(self.bumps)}"
        return (git_orders.add(*self.files), git_orders.commit(message, *self.files))

    @property
    def tagging(self) -> tuple[Command, ...]:
        """Give what names the commit after the versions."""
        return tuple(git_orders.tag(bump.tag, bump.title) for bump in self.bumps)


def plan(app: App, name: str, part: str) -> Raise:
    """Decide versions and texts; raises `UsageError`, and `ReleaseExists` where a version was given out before."""
    components = {component.name: component for component in app.config.components}
    if name != planning.ALL and name not in components:
        raise UnknownName("component", name, [*components, planning.ALL])
    chosen = components.values() if name == planning.ALL else (components[name],)
    bumps = tuple(_bump(app, component, part) for component in chosen)
    files: dict[str, str] = {}
    for bump in bumps:
        files |= _versioned(app.checkout, bump)
    if app.config.changelog:
        day = datetime.now(UTC).date().isoformat()
        before = _read(app.checkout / app.config.changelog)
        files[app.config.changelog] = planning.changelog(before, bumps, day)
    return Raise(bumps, files)


def _bump(app: App, component: Component, part: str) -> Bump:
    before = app.facts.component(component.name).version
    after = planning.next_version(component.version_file, before, part)
    tags = told_by_git(app.runner, git.tags(planning.tag(component.name, "[0-9]*")), "which versions are tagged")
    since = (tags.split() or [""])[-1]
    log = told_by_git(app.runner, git.commits(since, component.context), "which commits are new")
    rows = (line.partition("\0") for line in log.splitlines())
    commits = tuple((short, subject) for short, _, subject in rows)
    return planning.Bump(component.name, component.version_file, before, after, since, commits)


def _versioned(checkout: Path, bump: Bump) -> dict[str, str]:
    """Give the files that hold a component's version with the new one: npm's lock beside its package too."""
    found = {bump.file: versions.replaced(bump.file, _read(checkout / bump.file), bump.after)}
    if bump.file.rpartition("/")[2] == _PACKAGE:
        lock = bump.file.removesuffix(_PACKAGE) + _LOCK
        if (checkout / lock).is_file():
            found[lock] = versions.replaced_in_lock(_read(checkout / lock), bump.after)
    return found


def refuse(app: App, raised: Raise, target: str, say: Callable[[str], None]) -> None:
    """Raise `ReleaseExists` where a version was given out, and `UsageError` where the files hold edits.

    The registry of the target remote is asked where that is named, or the default.
    """
    for bump in raised.bumps:
        where = _tagged(app, bump.tag, say) or _released(app, bump)
        if not where and (target or app.config.default_target) == "remote":
            where = _in_registry(app, bump)
        if where:
            raise ReleaseExists(bump.component, bump.after, where)
    edits = told_by_git(app.runner, git.edits(*raised.files), "whether these files are edited")
    if edits:
        names = ", ".join(raised.files)
        raise UsageError(
            f"uncommitted edits in {names} would go along", "commit them, or put them aside with git stash"
        )


def _tagged(app: App, tag: str, say: Callable[[str], None]) -> str:
    if told_by_git(app.runner, git.has_tag(tag), "which tags there are").strip():
        return f"the tag {tag}"
    for remote in app.runner.run(git.remotes()).stdout.split():
        answer = None
        with suppress(TimeLimit):
            answer = app.runner.run(git.far_tag(remote, tag))
        if not answer or not answer.ok:
            say(f"{remote} does not say whether it has the tag {tag}: it was not asked further")
        elif answer.stdout.strip():
            return f"the tag {tag} of {remote}"
    return ""


def _released(app: App, bump: Bump) -> str:
    """Name the release that was published with this version from this checkout."""
    for target, release in app.store.releases():
        image = dict(release.images).get(bump.component)
        if image is not None and image.reference.rpartition(":")[2] == f"{bump.after}-{release.id}":
            return f"the release {release.id} of the target {target}"
    return ""


def _in_registry(app: App, bump: Bump) -> str:
    from shiplane.pipeline import registry  # noqa: PLC0415 - the target remote alone

    target = app.target("remote")
    reference = f"{target.naming().repository(bump.component)}:{bump.after}"
    with registry.session(app.runner, target.login(), app.environ) as opened:
        return f"the image {reference}" if opened.digests([reference]) else ""


def carry_out(app: App, raised: Raise, *, commit: bool) -> None:
    """Write the files and record them; raises `StepFailed` with the files as they were where git refuses."""
    before = {name: _bytes(app.checkout / name) for name in raised.files}
    for name, text in raised.files.items():
        (app.checkout / name).write_bytes(text.encode())
    if not commit:
        return
    for order in raised.recording:
        done = app.runner.run(order)
        if not done.ok:
            _take_back(app, before)
            raise _not_recorded(order, done, "see the lines below; nothing was changed")
    for order in raised.tagging:
        done = app.runner.run(order)
        if not done.ok:
            raise _not_recorded(order, done, f"the commit is made; see why, then: {order.masked()}")


def _take_back(app: App, before: Mapping[str, bytes | None]) -> None:
    for name, data in before.items():
        if data is None:
            (app.checkout / name).unlink(missing_ok=True)
        else:
            (app.checkout / name).write_bytes(data)
    app.runner.run(git_orders.unstage(*before))


def _not_recorded(order: Command, done: Completed, fix: str) -> StepFailed:
    return StepFailed(f"the new version was not recorded: {order.masked()}", fix, done.tail())


def _read(file: Path) -> str:
    data = _bytes(file)
    try:
        return data.decode("utf-8") if data is not None else ""
    except UnicodeDecodeError as error:
        raise UsageError(f"{file.name} is not UTF-8 text", "save it as UTF-8") from error


def _bytes(file: Path) -> bytes | None:
    return file.read_bytes() if file.is_file() else None
