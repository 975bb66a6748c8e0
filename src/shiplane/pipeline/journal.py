"""The append-only record of a run (JSON lines), from which every report is drawn.

Kinds of records, each with `kind` and `at` (ISO 8601, UTC):

- `run_started`: id, number, event {name, branch, commit}, target, message, author, plan (as `Plan.to_json`)
- `stage_started`: stage · `stage_ended`: stage, status, seconds
- `step_started`: stage, step
- `step_retried`: stage, step, tries (so far), of, reason, wait_seconds, cause
- `tests`: stage, step, tries, passed, failed, skipped, flaky (counts that add up to all), failures: a list of {suite,
  name, file, line, message, kind: failed or flaky}, coverage {lines_covered, lines_valid, branches_…} or null
- `step_ended`: stage, step, status, seconds, exit_code, cause, fix, details, tries, how (ran, reused, not needed),
  reused_from
- `release_published`: release (as `Release.to_json`)
- `deployed`: the fields of `Deployment`, who, from_release and from_commit (what served before), seconds
- `note`: text
- `run_ended`: status, exit_code, seconds
"""

from __future__ import annotations

import datetime as dt
import json
import os
import threading
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

Record = dict[str, Any]


def timestamp() -> str:
    """Give the present time as the journal writes it."""
    return dt.datetime.now(dt.UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


class Journal:
    """Append records to `journal.jsonl` in a run's folder, each flushed, and show them to `listeners`.

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
        self._end_torn_line()

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
        data = json.dumps(record, ensure_ascii=False, separators=(",", ":")) + "\n"
        with (self.folder / "journal.jsonl").open("a", encoding="utf-8") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        self._ended = self._ended or record["kind"] == "run_ended"
        for listener in self.listeners:
            listener(record)
        return record

    def _end_torn_line(self) -> None:
        """Start on a line of its own where a killed process of the same run left half a record."""
        file = self.folder / "journal.jsonl"
        if file.exists() and not file.read_bytes().endswith(b"\n"):
            with file.open("a", encoding="utf-8") as torn:
                torn.write("\n")

    def line(self, step: str, text: str) -> None:
        """Append one line of output (masked already) to the step's log file."""
        with self._lock:
            with self.log_file(step).open("a", encoding="utf-8", errors="replace") as file:
                file.write(text + "\n")
            for listener in self.lines:
                listener(step, text)

    def log_file(self, step: str) -> Path:
        """Give the file that holds a step's output."""
        return self.folder / "logs" / f"{step}.log"


def read(folder: Path) -> list[Record]:
    """Read a run's records; a torn last line, left by a killed process, is dropped."""
    return list(_records(folder / "journal.jsonl"))


def _records(file: Path) -> Iterator[Record]:
    if not file.exists():
        return
    # Not by splitlines(), which also breaks at characters that JSON leaves as they are.
    for line in file.read_bytes().decode(errors="replace").split("\n"):
        try:
            yield json.loads(line)
        except json.JSONDecodeError:
            continue
