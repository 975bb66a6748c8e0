"""Results of which the disk has lost something: their steps run again, and keep new ones."""

from __future__ import annotations

import os
import random
from typing import TYPE_CHECKING

import pytest

from samples import COMMIT, CONFIG
from shiplane.facts.inventory import Inventory
from shiplane.model import Event, Inputs, Outcome, Plan, Stage, Step
from shiplane.pipeline import results as module
from shiplane.pipeline.results import Results
from shiplane.pipeline.reuse import Reuse
from shiplane.planning.decide import decide
from shiplane.planning.keys import items_of
from shiplane.runners.base import Cancel
from shiplane.runners.recording import RecordingRunner

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

STEP = Step("test.a", "tests", inputs=Inputs(files=("*",)), outputs=("out",))
WHOLE = "<ok/>" * 4000


class Runs:
    """Plan and carry out one step again and again, as runs do; `ran` counts how often it was carried out."""

    def __init__(self, checkout: Path) -> None:
        self.checkout = checkout
        self.files = {f"a{number}.py": str(number) for number in range(9)}
        self.number = self.ran = 0
        self.said: list[str] = []

    @property
    def results(self) -> Results:
        return Results(self.checkout / "results", 1_000_000)

    @property
    def inventory(self) -> Inventory:
        return Inventory(dict(self.files))

    def plan(self) -> Step:
        items = items_of(Inputs(files=("*",)), self.inventory, CONFIG, {}, {})
        plan = Plan(Event("push", "main", COMMIT), "lab", (Stage("test", 60, "test", (STEP,)),), "")
        return decide(plan, {STEP.id: items}, self.results, {}).steps[0]

    def run(self) -> Outcome | None:
        """Give how the step ended; None where it was carried out."""
        self.number += 1
        step = self.plan()
        reuse = Reuse(
            runner=RecordingRunner(),
            checkout=self.checkout,
            config=CONFIG,
            environ={},
            results=self.results,
            run=str(self.number),
            items={STEP.id: items_of(Inputs(files=("*",)), self.inventory, CONFIG, {}, {})},
            survey=lambda: self.inventory,
        )
        return reuse.around(self._carry_out)(step, self.said.append, Cancel())

    def _carry_out(self, *_: object) -> None:
        self.ran += 1
        self.write("out", WHOLE)

    def write(self, folder: str, text: str) -> None:
        file = self.checkout / folder / "junit.xml"
        file.parent.mkdir(exist_ok=True)
        file.write_text(text)
        (file.parent / "noise").write_bytes(random.Random(1).randbytes(3000))  # noqa: S311 - the same each time

    def read(self) -> str:
        return (self.checkout / "out" / "junit.xml").read_text()

    def file(self, name: str) -> Path:
        return self.checkout / "results" / STEP.id / self.plan().key / name


@pytest.fixture
def runs(tmp_path: Path) -> Runs:
    made = Runs(tmp_path)
    assert made.run() is None
    return made


def flipped(data: bytes, at: int) -> bytes:
    return data[:at] + bytes([data[at] ^ 1 << at % 8]) + data[at + 1 :]


def cut(data: bytes, at: int) -> bytes:
    return data[:at]


def zeroed(data: bytes, at: int) -> bytes:
    return data[:at] + bytes(len(data) - at)


def torn(data: bytes, at: int) -> bytes:
    """Lose one block in the middle."""
    return data[:at] + bytes(len(data[at : at + 512])) + data[at + 512 :]


DAMAGES = [flipped, cut, zeroed, torn]


def places(data: bytes) -> list[int]:
    """Give where a file is damaged: its first and last bytes, where headers and checksums are, and some between."""
    between = range(10, len(data) - 8, len(data) // 8)
    return [0, 2, 3, 4, 9, *between, *(len(data) - left for left in (8, 5, 1))]


@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize("name", ["items.json.gz", "outputs.tar.gz", "result.json"])
def test_a_damaged_file_makes_its_step_run_again_once(
    runs: Runs, name: str, damage: Callable[[bytes, int], bytes]
) -> None:
    whole, kept = runs.file(name).read_bytes(), "1"
    for place in places(whole):
        # One that was made anew may be some bytes shorter.
        at = min(place, len(whole) - 1)
        runs.file(name).write_bytes(damage(whole, at))
        before = runs.ran
        runs.write("out", "edited")
        first = runs.run()
        kept = str(runs.number) if first is None else kept
        assert runs.read() == WHOLE, at
        runs.write("out", "edited")
        again = runs.run()
        assert again is not None, at
        assert (again.how, again.reused_from) == ("reused", kept), at
        assert runs.read() == WHOLE, at
        assert runs.ran == before + (first is None), at
        whole = runs.file(name).read_bytes() if first is None else whole


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_plan_of_other_inputs_is_made_although_what_they_were_is_damaged(
    runs: Runs, damage: Callable[[bytes, int], bytes]
) -> None:
    file = runs.file("items.json.gz")
    whole = file.read_bytes()
    told = set()
    runs.files["a0.py"] = "changed"
    for at in range(len(whole)):
        file.write_bytes(damage(whole, at))
        decision = runs.plan().decision
        assert decision.choice == "run"
        told.add(decision.why)
    assert "no result of it is known" in told
    assert told <= {"no result of it is known", "a0.py changed since run 1"}
    assert runs.run() is None
    runs.files["a0.py"] = "changed again"
    assert runs.plan().decision.why == "a0.py changed since run 2"


@pytest.mark.parametrize("text", ["", "\0" * 64, "..", "a/../b", "0" * 64])
def test_a_damaged_name_of_the_latest_counts_as_none(runs: Runs, text: str) -> None:
    runs.file("").with_name("latest").write_text(text)
    runs.files["a0.py"] = "changed"
    assert runs.plan().decision.why == "no result of it is known"
    assert runs.run() is None
    runs.files["a0.py"] = "changed again"
    assert runs.plan().decision.why == "a0.py changed since run 2"


def test_damaged_outputs_are_told_and_forgotten_before_the_checkout_is_touched(runs: Runs) -> None:
    file = runs.file("outputs.tar.gz")
    file.write_bytes(flipped(file.read_bytes(), file.stat().st_size - 6))
    runs.write("out", "mine")
    with pytest.raises(OSError, match=r"outputs\.tar\.gz"):
        runs.results.restore(STEP.id, runs.plan().key, runs.checkout)
    assert runs.read() == "mine"
    runs.run()
    assert runs.said[0].startswith("the result of run 1 is damaged, so it does not count: ")
    assert (runs.ran, len(runs.said)) == (2, 1)


def test_a_result_that_is_damaged_after_the_plan_does_not_count(runs: Runs) -> None:
    runs.file("result.json").write_text("{}")
    with pytest.raises(OSError, match=r"result\.json cannot be read"):
        runs.results.restore(STEP.id, runs.plan().key, runs.checkout)


def test_a_plan_changes_nothing_of_a_damaged_result(runs: Runs) -> None:
    for name in ("items.json.gz", "outputs.tar.gz", "result.json"):
        runs.file(name).write_bytes(b"damaged")
    before = sorted((path.name, path.stat().st_mtime_ns) for path in (runs.checkout / "results").rglob("*"))
    runs.plan()
    assert before == sorted((path.name, path.stat().st_mtime_ns) for path in (runs.checkout / "results").rglob("*"))


def test_all_files_are_on_the_disk_before_a_result_counts(runs: Runs, monkeypatch: pytest.MonkeyPatch) -> None:
    runs.files["a0.py"] = "changed"
    folder = runs.file("")
    synced = []

    def sync(file: object) -> None:
        synced.append((os.path.basename(getattr(file, "name", "")), folder.exists()))  # noqa: PTH119 - a name
        raise OSError

    monkeypatch.setattr(module.os, "fsync", sync)
    runs.run()
    assert sorted(synced) == [("items.json.gz", False), ("outputs.tar.gz", False), ("result.json", False)]
    assert folder.exists()
