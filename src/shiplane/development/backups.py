"""Backups of the development stack: its database and its folders of files, together or alone."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from shiplane.commands import development as commands
from shiplane.commands import remote
from shiplane.deploy.backups import name as dated
from shiplane.errors import BackupUnknown, UnknownName, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from shiplane.development.stack import Stack
    from shiplane.model import Command

DATABASE = "database"
FOLDERS = ("media", "static")
PARTS = (DATABASE, *FOLDERS)
HOME = ".shiplane/dev"
"""Where they are kept, below the checkout; what nobody removes."""
NEWEST = "last"
BEFORE_RESTORE = "before-restore"
"""What a restore names the backup that it makes first; nobody asked for it, so it is never the last one."""
_FILES = f"{HOME}/backups"
_LABEL = "dev"
_PRIVATE = 0o700
_AUTOMATIC = re.compile(rf"-{BEFORE_RESTORE}(?:-\d+)?$")


@dataclass(frozen=True, slots=True)
class Kept:
    """Describe a backup: `sizes` are in bytes, by part; `made_at` is ISO 8601 in UTC."""

    name: str
    made_at: str
    sizes: dict[str, int] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """Give the object that `invoke dev.backups --json` prints."""
        return {"name": self.name, "made_at": self.made_at, "sizes": self.sizes}


def kept(checkout: Path) -> tuple[Kept, ...]:
    """Give what is kept, the newest first; a file that somebody spoilt is left out."""
    found: dict[str, Kept] = {}
    for file in sorted((checkout / _FILES).glob("*.json")):
        with suppress(ValueError, KeyError, TypeError, AttributeError, OSError):
            told = json.loads(file.read_text(encoding="utf-8"))
            part, name, at = told.get("part", DATABASE), str(told["name"]), str(told["made_at"])
            kept_file = checkout / file_of(name, part)
            if kept_file.with_suffix(".json") == file and kept_file.is_file():
                known = found.get(name, Kept(name, at))
                found[name] = Kept(name, min(known.made_at, at), {**known.sizes, part: int(told["size"])})
    return tuple(sorted(found.values(), key=lambda one: (one.made_at, one.name), reverse=True))


def file_of(name: str, part: str) -> str:
    """Give the file of a part, below the checkout."""
    return f"{_FILES}/{name}.dump" if part == DATABASE else f"{_FILES}/{name}.{part}.tar"


def choose(found: Sequence[Kept], wanted: str) -> Kept:
    """Give the backup of a name, of one of its files or, for `last`, the newest that somebody made.

    Raises `BackupUnknown`.
    """
    if wanted == NEWEST:
        made = [one for one in found if not _AUTOMATIC.search(one.name)]
        why = "every one there is was made by a restore; choose it by its name" if found else "there is none yet"
    else:
        made = [one for one in found if one.name == _named(wanted)]
        why = "there is none of this name" if found else "there is none yet"
    if not made:
        raise BackupUnknown(wanted, why)
    return made[0]


def _named(wanted: str) -> str:
    name = Path(wanted).name.removesuffix(".json").removesuffix(".dump").removesuffix(".tar")
    return next((name.removesuffix(f".{part}") for part in FOLDERS if name.endswith(f".{part}")), name)


def configured(stack: Stack) -> tuple[str, ...]:
    """Name the parts that this project has."""
    there = {DATABASE: stack.config.backup.service, **{part: folder_of(stack, part) for part in FOLDERS}}
    return tuple(part for part in PARTS if there[part])


def folder_of(stack: Stack, part: str) -> str:
    """Give the folder of a part in its container; empty where the configuration names none."""
    return str(getattr(stack.config.development, part))


def parts(stack: Stack, asked: Sequence[str]) -> tuple[str, ...]:
    """Give the parts that are asked for, none meaning all that there are; raises `UnknownName` and `UsageError`."""
    there = configured(stack)
    for part in asked:
        if part not in PARTS:
            raise UnknownName("part", part, PARTS)
        if part not in there:
            key = "tool.shiplane.backup.service" if part == DATABASE else f"tool.shiplane.development.{part}"
            raise UsageError(f"this project has no {part}", f"say where it is: invoke config.set {key} …")
    chosen = tuple(part for part in there if part in asked) if asked else there
    for part in chosen:
        _check_volume(stack, part)
    return chosen


def _check_volume(stack: Stack, part: str) -> None:
    """Raise `UsageError` where there is no service for it, or what is written to a folder goes with its container."""
    if part == DATABASE:
        stack.configured("backup.service")
        return
    service, folder = stack.config.release_service, Path(folder_of(stack, part))
    targets = {
        Path(one["target"]) for one in stack.configured("release_service").get("volumes") or () if "target" in one
    }
    if not targets & {folder, *folder.parents}:
        cause = f"{folder} is in no volume of {service}, so {part} files go with its container"
        raise UsageError(cause, f"mount one there in docker-compose.yml, or: invoke config.set development.{part} …")


def new_name(now: float, found: Iterable[Kept], why: str = _LABEL) -> str:
    """Name a backup that begins now (seconds of the epoch, UTC), as no other is named."""
    first = dated(_stamp(datetime.fromtimestamp(now, UTC)), why)
    taken = {one.name for one in found}
    name, number = first, 1
    while name in taken:
        number += 1
        name = f"{first}-{number}"
    return name


def script(stack: Stack, part: str, verb: str, name: str) -> Command:
    """Give the command that does one thing with one part of a backup; making one is `backup`."""
    if part != DATABASE:
        place = (HOME, name, part, folder_of(stack, part))
        return remote.script("files", verb, *place, *commands.beside(stack.config.release_service))
    settings = stack.config.backup
    words: tuple[str, ...] = (name,)
    payload = ""
    if verb == "backup":
        words = (name, *settings.command, "--", *settings.verify)
        payload = f'"part": "{DATABASE}"\n'
    return remote.script("database", verb, HOME, stack.project, settings.service, *words, payload=payload)


def prepare(checkout: Path) -> None:
    """Make the folder, for its owner alone: it holds what the database does."""
    (checkout / HOME).mkdir(parents=True, exist_ok=True)
    (checkout / _FILES).mkdir(mode=_PRIVATE, exist_ok=True)


def make(stack: Stack, chosen: Sequence[str], name: str) -> Kept:
    """Make a backup of these parts: all of them, or nothing is left of it. Raises `NotRunning` and `StepFailed`."""
    if DATABASE in chosen:
        stack.require(stack.config.backup.service)
    prepare(stack.checkout)
    try:
        for part in chosen:
            failed = f"no backup was made, for {part} could not be read"
            stack.do(
                script(stack, part, "backup", name), failed, "see the stack and the disk: invoke dev.status, df -h"
            )
    except BaseException:
        forget(stack.checkout, name)
        raise
    return choose(kept(stack.checkout), name)


def forget(checkout: Path, name: str) -> None:
    """Remove what there is of a backup."""
    for part in PARTS:
        file = checkout / file_of(name, part)
        for one in (file, file.with_suffix(".json")):
            one.unlink(missing_ok=True)


def is_foreign(checkout: Path, file: Path) -> bool:
    """Tell whether a file is there that is none of the backups' own."""
    with suppress(OSError):
        return file.is_file() and file.resolve().parent != (checkout / _FILES).resolve()
    return False


def adopt(checkout: Path, file: Path, asked: Sequence[str]) -> str:
    """Take a dump or an archive from elsewhere among the backups and give its name; raises `BackupUnknown`."""
    part, name = _part_of(file, asked), _named(file.name)
    if name == NEWEST:
        raise BackupUnknown(str(file), f"{NEWEST} is what the newest backup is called; give the file another name")
    prepare(checkout)
    own = checkout / file_of(name, part)
    try:
        sha256 = _sha256(file)
        if own.exists() and _sha256(own) != sha256:
            raise BackupUnknown(str(file), f"another one is kept as {own.relative_to(checkout)}")
        at, size = datetime.fromtimestamp(file.stat().st_mtime, UTC), file.stat().st_size
        about = {"name": name, "part": part, "made_at": _stamp(at), "size": size, "sha256": sha256}
        own.with_suffix(".json").write_text(f"{json.dumps(about)}\n", encoding="utf-8")
        # It counts once both are there, and so this one comes last and whole.
        shutil.copyfile(file, own.with_name(f".{own.name}.part"))
        own.with_name(f".{own.name}.part").replace(own)
    except OSError as error:
        raise BackupUnknown(str(file), f"it cannot be taken: {error.strerror}") from error
    return name


def _part_of(file: Path, asked: Sequence[str]) -> str:
    if file.suffix not in (".dump", ".tar"):
        raise BackupUnknown(str(file), "it is no .dump of the database and no .tar of files")
    if file.suffix == ".dump":
        return DATABASE
    named = [part for part in FOLDERS if file.name.endswith(f".{part}.tar")]
    for part in (*named, *asked):
        if part in FOLDERS:
            return part
    raise BackupUnknown(str(file), "its name does not tell of which part it is; say it by --part media")


def _sha256(file: Path) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _stamp(at: datetime) -> str:
    return at.isoformat(timespec="seconds").replace("+00:00", "Z")
