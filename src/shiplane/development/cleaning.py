"""What can be removed of the development stack, by degrees: what it is, how much it holds, and the commands for it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from shiplane.commands import development as commands
from shiplane.commands import git, image
from shiplane.development import owner, volumes
from shiplane.errors import UnknownName
from shiplane.facts.answers import told_by_git
from shiplane.model import Command
from shiplane.model.identity import checkout_id
from shiplane.planning.naming import own_name

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from shiplane.development.stack import Stack

DEGREES = ("containers", "logs", "caches", "all")
_CACHES = ("__pycache__", ".pytest_cache", ".mypy_cache", ".ruff_cache", ".import_linter_cache", ".hypothesis")
_BUILD_CACHE = "Build Cache"
_UNUSED = ("", "0B")


@dataclass(frozen=True, slots=True)
class Removal:
    """Say what goes and how much that is; `kind` is a word of the table."""

    kind: str
    name: str
    size: str

    def to_json(self) -> dict[str, str]:
        """Give the entry that `invoke dev.clean --json` prints."""
        return {"kind": self.kind, "name": self.name, "size": self.size}


@dataclass(frozen=True, slots=True)
class Cleaning:
    """Hold what goes, by which commands, and what stays."""

    removals: tuple[Removal, ...]
    commands: tuple[Command, ...]
    stays: str


def survey(stack: Stack, degree: str) -> Cleaning:
    """Ask what a degree removes; raises `UnknownName`."""
    degrees: Mapping[str, Callable[[Stack], Cleaning]] = {
        "containers": _containers,
        "logs": _logs,
        "caches": _caches,
        "all": _all,
    }
    if degree not in degrees:
        raise UnknownName("degree", degree, DEGREES)
    return degrees[degree](stack)


def clean(stack: Stack, cleaning: Cleaning) -> None:
    """Remove it; raises `StepFailed` at the first that cannot be."""
    for command in cleaning.commands:
        failed = f"not everything was removed: {command.masked()}"
        if command == volumes.removal():
            volumes.remove(stack, failed)
        else:
            stack.do(command, failed, "see the lines above")


def _containers(stack: Stack) -> Cleaning:
    found = stack.own_rows()
    removals = tuple(Removal("container", row.service, row.health or row.state) for row in found)
    return Cleaning(removals, (commands.down(),) if found else (), "the data, images and backups")


def _logs(stack: Stack) -> Cleaning:
    """Make what runs anew: logs go with their containers, and their files are the engine's alone."""
    running = [row for row in stack.own_rows() if row.runs and row.service in stack.services]
    sizes = [stack.runner.run(commands.log_size(row.id)).stdout.strip() for row in running]
    removals = [Removal("log", row.service, f"{size or '0'} B") for row, size in zip(running, sizes, strict=True)]
    again = commands.up(tuple(row.service for row in running), build=False, anew=True)
    return Cleaning(tuple(removals), (again,) if running else (), "the data; the containers are made anew")


def _caches(stack: Stack) -> Cleaning:
    """Remove what tools keep in the checkout and git ignores, and the builds that the engine keeps."""
    ignored = told_by_git(stack.runner, git.ignored(), "which folders it ignores").split("\0")
    folders = [name.rstrip("/") for name in ignored if PurePosixPath(name).name in _CACHES]
    removals = [Removal("cache", name, size) for name, size in _sizes(stack, folders).items()]
    orders = [Command(("rm", "-rf", "--", *folders))] if folders else []
    told = dict(line.split("\t", 1) for line in _lines(stack, commands.build_cache()) if "\t" in line)
    size = told.get(_BUILD_CACHE, "").partition(" ")[0]
    if size not in _UNUSED:
        removals.append(Removal("builds", "of the engine, for all projects", size))
        orders.append(commands.forget_build_cache())
    return Cleaning(tuple(removals), tuple(orders), "containers, data, images")


def _sizes(stack: Stack, folders: list[str]) -> dict[str, str]:
    """Give the size of each folder in KiB."""
    if not folders:
        return {}
    lines = _lines(stack, Command(("du", "-sk", "--", *folders)))
    found = {name: f"{size} KiB" for size, _, name in (line.partition("\t") for line in lines)}
    return {name: found.get(name, "-") for name in folders}


def _lines(stack: Stack, command: Command) -> list[str]:
    return stack.runner.run(command).stdout.splitlines()


def _tested(stack: Stack) -> set[str]:
    """Name the images of tests that this checkout built, also by first names that no other one has taken."""
    ending = own_name("", checkout_id(stack.checkout))
    own = _ids(stack, f"*:*{ending}")
    first = _ids(stack, *(name.removesuffix(ending) for name in own)) if own else {}
    return {*own, *(name for name, id_ in first.items() if id_ in own.values())}


def _ids(stack: Stack, *patterns: str) -> dict[str, str]:
    """Give the ids of images by their names, of those whose name is like one of the patterns."""
    rows = (line.partition(" ") for line in _lines(stack, image.names(*patterns)))
    return {name: id_ for id_, _, name in rows}


def _all(stack: Stack) -> Cleaning:
    """Remove containers, data and the images that are built here, those of tests too."""
    first = _containers(stack)
    if not first.removals:
        owner.refuse(stack, ())
    data = tuple(Removal("data", name, size) for name, size in volumes.sizes(stack).items())
    built = {one["image"] for one in stack.services.values() if one.get("build") and one.get("image")}
    held = {name: size for name in sorted({*built, *_tested(stack)}) for size in _lines(stack, image.size(name))[:1]}
    images = tuple(Removal("image", name, size) for name, size in held.items())
    orders = ((volumes.removal(),) if first.removals or data else ()) + ((image.remove(tuple(held)),) if held else ())
    return Cleaning((*first.removals, *data, *images), orders, "the backups, in .shiplane/dev")
