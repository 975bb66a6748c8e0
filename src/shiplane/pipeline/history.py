"""What past runs of a checkout have done, by their journals."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from shiplane.pipeline.journal import read

if TYPE_CHECKING:
    from collections.abc import Iterator

    from shiplane.pipeline.journal import Record
    from shiplane.pipeline.store import Store

_CLEAN = "build.clean"


@dataclass(frozen=True, slots=True)
class PastRun:
    """Hold a run: its name, the command that it was, its plan (as `Plan.to_json`), and what passed.

    `passed` gives for each step that passed the run in which it was carried out; what nothing needed is not in it.
    """

    name: str
    command: str
    plan: dict[str, Any]
    passed: dict[str, str]


def past_runs(store: Store) -> Iterator[PastRun]:
    """Give the runs that began, newest first, each read when its turn comes."""
    for folder in store.run_folders():
        records = read(folder)
        if not records or records[0].get("kind") != "run_started":
            continue
        ended = [record for record in records if record.get("kind") == "step_ended"]
        passed = [record for record in ended if record.get("status") == "passed" and _counts(record)]
        yield PastRun(
            name=folder.name,
            command=str(records[0].get("command", "")),
            plan=records[0].get("plan") or {},
            passed={step["step"]: step.get("reused_from") or folder.name for step in passed},
        )


def cut_off(store: Store) -> str:
    """Name the newest run without an end (it was killed, or goes on) whose rests may still be there, else give ''.

    That is looked for back to the last run that removed rests: what it left itself when it was killed later counts.
    """
    for folder in store.run_folders():
        records = read(folder)
        if records and not any(record.get("kind") == "run_ended" for record in records):
            return folder.name
        if any(_cleaned(record) for record in records):
            return ""
    return ""


def _cleaned(record: Record) -> bool:
    told = (record.get("kind"), record.get("step"), record.get("status"), record.get("how"))
    return told == ("step_ended", _CLEAN, "passed", "ran")


def _counts(ended: Record) -> bool:
    return ended.get("how") != "not needed" or bool(ended.get("reused_from"))
