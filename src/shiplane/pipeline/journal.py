"""The append-only record of a run (JSON lines), from which every report is drawn.

Kinds of records, each with `kind` and `at` (ISO 8601, UTC):

- `run_started`: id, number, command, event {name, branch, commit}, target, message, author, plan (as `Plan.to_json`)
- `stage_started`: stage · `stage_ended`: stage, status, seconds
- `step_started`: stage, step
- `step_retried`: stage, step, tries (so far), of, reason, wait_seconds, cause
- `tests`: stage, step, tries, passed, failed, skipped, flaky (counts that add up to all), failures: a list of {suite,
  name, file, line, message, kind: failed or flaky}, coverage {lines_covered, lines_valid, branches_…} or null
- `step_ended`: stage, step, status, seconds, exit_code, cause, fix, details, tries, how (ran, reused, not needed),
  reused_from
- `release_published`: release (as `Release.to_json`)
- `deployed`: the fields of `Deployment`, who, from_release and from_commit (what served before), seconds; unchanged:
  whether it served already, by a deployment of an earlier run, so that who is empty and seconds are null
- `note`: text
- `run_ended`: status, exit_code, seconds
"""

from __future__ import annotations

import datetime as dt
import json
import os
import threading
import time
import weakref
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from shiplane.errors import JournalLost

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

Record = dict[str, Any]
_ADD = os.O_WRONLY | os.O_APPEND | os.O_CREAT
_LASTING = frozenset({"run_started", "stage_ended", "release_published", "deployed", "run_ended"})
_SYNC_SECONDS = 0.5


def timestamp() -> str:
    """Give the present time as the journal writes it."""
    return dt.datetime.now(dt.UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


class Journal:
    """Append records to `journal.jsonl` in a run's folder and show them to `listeners`.

    Each record is with the kernel before the next thing happens, so that it outlives this process, however that ends.
    It is on the disk, to outlive the machine's power too, when a stage has ended or a server was changed, and else half
    a second later with the next record. `JournalLost` is raised where a record cannot be written.

    A listener is called under the journal's lock: it must not write to the journal itself.

    `lines` sees each line of output, (step id, line); lines go to the step's log file, not to the journal.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.listeners: list[Callable[[Record], None]] = []
        self.lines: list[Callable[[str, str], None]] = []
        self._lock = threading.Lock()
        self._ended = False
        (folder / "logs").mkdir(parents=True, exist_ok=True)
        self._file = _Appended(folder / "journal.jsonl")
        self._logs: dict[str, _Appended] = {}
        self._synced = time.monotonic()

    def write(self, kind: str, **fields: Any) -> Record:  # noqa: ANN401 - JSON values
        """Append one record and give it."""
        with self._lock:
            return self._append({"kind": kind, "at": timestamp(), **fields})

    def late_note(self, text: str) -> None:
        """Append a note unless the run has ended: for what goes on beside it and may come too late."""
        with self._lock:
            if not self._ended:
                self._append({"kind": "note", "at": timestamp(), "text": text})

    def follow(self, listener: Callable[[Record], None]) -> None:
        """Show a listener what was written so far and whatever is written from now on, each record once."""
        with self._lock:
            for record in read(self.folder):
                listener(record)
            self.listeners.append(listener)

    def _append(self, record: Record) -> Record:
        """Write a record and show it; the lock is held, so that all see the same order."""
        kind = record["kind"]
        self._file.add(json.dumps(record, ensure_ascii=False, separators=(",", ":")))
        if kind in _LASTING or time.monotonic() - self._synced > _SYNC_SECONDS:
            self._file.sync()
            self._synced = time.monotonic()
        if kind == "step_ended":
            self._logs.pop(record["step"], None)
        self._ended = self._ended or kind == "run_ended"
        for listener in self.listeners:
            listener(record)
        return record

    def line(self, step: str, text: str) -> None:
        """Append one line of output (masked already) to the step's log file."""
        with self._lock:
            if step not in self._logs:
                self._logs[step] = _Appended(self.log_file(step))
            self._logs[step].add(text)
            for listener in self.lines:
                listener(step, text)

    def log_file(self, step: str) -> Path:
        """Give the file that holds a step's output."""
        return self.folder / "logs" / f"{step}.log"


class _Appended:
    """A file to whose end lines are added, each by one call of the kernel; closed when nobody refers to it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            self._file = os.open(path, _ADD, 0o644)
        except OSError as error:
            raise JournalLost(str(path), error.strerror or str(error)) from error
        weakref.finalize(self, os.close, self._file)
        # A killed process, or a full disk, may have left half a line.
        self._torn = _is_torn(path)

    def add(self, line: str) -> None:
        data = f"{line}\n".encode(errors="replace")
        if self._torn:
            data = b"\n" + data
        try:
            self._torn = True
            while data:
                data = data[os.write(self._file, data) :]
            self._torn = False
        except OSError as error:
            raise JournalLost(str(self.path), error.strerror or str(error)) from error

    def sync(self) -> None:
        """Wait until all is on the disk; a file system that cannot say so is believed."""
        with suppress(OSError):
            os.fsync(self._file)


def _is_torn(path: Path) -> bool:
    with path.open("rb") as file:
        if not file.seek(0, os.SEEK_END):
            return False
        file.seek(-1, os.SEEK_END)
        return file.read(1) != b"\n"


def read(folder: Path) -> list[Record]:
    """Read a run's records; a torn line, left by a killed process, is dropped."""
    return list(_records(folder / "journal.jsonl"))


def _records(file: Path) -> Iterator[Record]:
    try:
        held = file.read_bytes()
    except FileNotFoundError:
        return
    # Not by splitlines(), which also breaks at characters that JSON leaves as they are.
    for line in held.decode(errors="replace").split("\n"):
        try:
            record = json.loads(line)
        except json.JSONDecodeError:
            continue
        if isinstance(record, dict):
            yield record
