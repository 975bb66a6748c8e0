"""The runs that go on on this machine, in all checkouts of a user: one file each, by which a newer finds an older.

The checkouts may use different versions of Shiplane: fields that one does not know are let be.
"""

from __future__ import annotations

import json
from contextlib import contextmanager
from dataclasses import asdict, dataclass, fields, replace
from typing import TYPE_CHECKING, Any

from shiplane.runners import process
from shiplane.runners.locks import held

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

# What stands for these fields of a run whose version writes them otherwise.
_UNTOLD = {"run": "?", "id": "", "checkout": "a checkout that is not known"}


@dataclass(frozen=True, slots=True)
class Entry:
    """Describe a run that goes on, and the process that it is.

    Runs of one `group` are of one branch (or pull request) and target; commands of one run of GitHub's share its `id`.
    A `final` one is on production: it is waited for. `superseded_by` names the run that asked it to end.
    """

    run: str
    id: str
    group: str
    checkout: str
    pid: int
    machine: str
    started: str
    final: bool = False
    superseded_by: str = ""

    @property
    def lives(self) -> bool:
        """Tell whether its process does."""
        return process.lives(self.pid, self.machine, self.started)

    def seen_from(self, checkout: str) -> str:
        """Name it for those who look from a checkout, where each has numbers of its own."""
        return self.run if checkout == self.checkout else f"{self.run} of {self.checkout}"

    @property
    def name(self) -> str:
        """Name its file."""
        return f"{process.Own(self.pid, self.machine, self.started).mark}.json"


class Register:
    """Read and change the register; each change is one for all who look."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def enter(self, me: Entry, *, supersede: bool = True) -> list[Entry]:
        """Write a run down and give the older ones of its group that live.

        With `supersede` those that are not final are marked, and asked to end: once, for twice means at once.
        """
        with self._changing():
            older = [one for one in self._living() if me.group and one.group == me.group and one.id != me.id]
            self._write(me.name, asdict(me))
            for one in older:
                if supersede and not one.final and not one.superseded_by:
                    self._ask_to_end(one, me.seen_from(one.checkout))
            return older

    def holds(self, one: Entry) -> bool:
        """Tell whether a run goes on, also where its entry cannot be read any more."""
        return one.lives and (self.folder / one.name).exists()

    def superseded_by(self, me: Entry) -> str:
        """Name the run that asked this one to end; empty where none did."""
        found = self._read(self.folder / me.name)
        return found.superseded_by if found else ""

    def finalise(self, me: Entry) -> str:
        """Let no run end this one any more; where one has asked before, give its name and change nothing."""
        with self._changing():
            found = self._read(self.folder / me.name) or me
            if not found.superseded_by:
                self._write(me.name, asdict(replace(found, final=True)))
            return found.superseded_by

    def leave(self, me: Entry) -> None:
        """Strike a run out; from then on no other asks it to end."""
        with self._changing():
            (self.folder / me.name).unlink(missing_ok=True)

    @contextmanager
    def _changing(self) -> Iterator[None]:
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with held(self.folder / "lock", lambda: None):
            yield

    def _living(self) -> list[Entry]:
        """Give the runs that go on; those whose process is surely gone are struck out, and no others."""
        found = []
        for file in sorted(self.folder.glob("*.json")):
            if process.is_marked_gone(file.stem):
                file.unlink(missing_ok=True)
            elif (one := self._read(file)) and one.lives:
                found.append(one)
        return found

    def _ask_to_end(self, one: Entry, by: str) -> None:
        self._write(one.name, {"superseded_by": by})
        # While the register is held: who has left it may be at its last words, which no signal shall cut off.
        process.terminate(one.pid)

    def _write(self, name: str, changed: dict[str, Any]) -> None:
        file = self.folder / name
        written = file.with_suffix(".part")
        written.write_text(json.dumps(_data(file) | changed), encoding="utf-8")
        written.replace(file)

    def _read(self, file: Path) -> Entry | None:
        """Give what is known of a run; None where the process or the group is not."""
        data = _data(file)
        fitting = [each.name for each in fields(Entry) if type(data.get(each.name)).__name__ == each.type]
        try:
            return Entry(**_UNTOLD | {name: data[name] for name in fitting})
        except TypeError:
            return None


def _data(file: Path) -> dict[str, Any]:
    """Give all fields of an entry, those of other versions too; empty where it cannot be read."""
    try:
        return dict(json.loads(file.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return {}
