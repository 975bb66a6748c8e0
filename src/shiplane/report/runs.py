"""The runs that a checkout remembers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from shiplane.errors import NoRun
from shiplane.pipeline.journal import read
from shiplane.report.state import RunState, fold

if TYPE_CHECKING:
    from pathlib import Path

    from shiplane.pipeline.store import Store


@dataclass(frozen=True, slots=True)
class Past:
    """Hold a run: `name` is what people call it, as `41`, and what its folder is called."""

    name: str
    folder: Path
    run: RunState


def load(folder: Path) -> Past:
    """Read a run's journal."""
    return Past(folder.name, folder, fold(read(folder)))


def find(store: Store, asked: str = "") -> Past:
    """Give the run of a name or an id, by default the newest; raises `NoRun`."""
    folders = store.run_folders()
    for folder in folders:
        if asked in ("", folder.name):
            return load(folder)
    for folder in folders:
        past = load(folder)
        if past.run.id == asked:
            return past
    raise NoRun(asked)


def proven_by(past: Past, step: str) -> Past:
    """Give the run in which a step of this run really ran: another where an earlier result counted."""
    known = {one.id: one for one in past.run.steps}.get(step)
    folder = past.folder.parent / known.reused_from if known is not None and known.reused_from else past.folder
    return past if folder == past.folder or not folder.is_dir() else load(folder)
