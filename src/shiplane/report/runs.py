"""The runs that a checkout remembers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from shiplane.errors import NoRun
from shiplane.pipeline.journal import read
from shiplane.report.state import RunState, fold

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from shiplane.pipeline.store import Store
    from shiplane.report.state import StepState


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


def tests_of(past: Past, step: StepState) -> Mapping[str, Any]:
    """Give what the tests of a step said, in this run or in the one whose result counts."""
    if step.how != "reused":
        return step.tests
    proof = proven_by(past, step.id)
    return next((one.tests for one in proof.run.steps if one.id == step.id), {})
