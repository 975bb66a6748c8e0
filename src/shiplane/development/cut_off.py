"""What a restore was about to change when it was cut off, as by `kill -9`: noted before, forgotten once it is whole."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING

from shiplane.development.backups import HOME

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

_FILE = f"{HOME}/restoring.json"


@dataclass(frozen=True, slots=True)
class Note:
    """Name the parts that may be partly what they were before, each with the backup that was to take its place.

    `stopped` are the services that were stopped for it.
    """

    parts: dict[str, str] = field(default_factory=dict)
    stopped: tuple[str, ...] = ()

    def begun(self, backup: str, parts: Sequence[str], stopped: Sequence[str]) -> Note:
        """Give the note of one who lets these parts change places with those of a backup."""
        return Note({**self.parts, **dict.fromkeys(parts, backup)}, tuple(stopped))

    def ended(self, parts: Sequence[str]) -> Note:
        """Give the note of one who has made these parts whole, and has started what was stopped."""
        return Note({part: backup for part, backup in self.parts.items() if part not in parts})


def read(checkout: Path) -> Note:
    """Read the note; one that somebody spoilt says nothing."""
    with suppress(OSError, ValueError, KeyError, TypeError, AttributeError):
        found = json.loads((checkout / _FILE).read_text(encoding="utf-8"))
        return Note({str(part): str(backup) for part, backup in found["parts"].items()}, tuple(found["stopped"]))
    return Note()


def write(checkout: Path, note: Note) -> None:
    """Write the note; with no part it goes."""
    file = checkout / _FILE
    if not note.parts:
        file.unlink(missing_ok=True)
        return
    file.parent.mkdir(parents=True, exist_ok=True)
    file.with_suffix(".part").write_text(f"{json.dumps(asdict(note))}\n", encoding="utf-8")
    file.with_suffix(".part").replace(file)
