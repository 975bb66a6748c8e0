"""Runs that find each other, whichever checkout they are of."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any

import pytest

from shiplane.errors import StillRunning, Superseded
from shiplane.pipeline import turns
from shiplane.pipeline.register import Entry, Register
from shiplane.pipeline.turns import Turn
from shiplane.runners import process

if TYPE_CHECKING:
    from pathlib import Path

HERE = "a-boot/pid:[1]"


class Machine:
    """Play the processes of a machine."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.living: set[int] = set()
        self.asked: list[int] = []
        patch.setattr(process, "machine", lambda *_: HERE)
        patch.setattr(process, "started", lambda pid, *_: "9" if pid in self.living else "")
        patch.setattr(process, "terminate", self.asked.append)

    def entry(self, pid: int, group: str = "g", checkout: str = "/one") -> Entry:
        self.living.add(pid)
        return Entry(str(pid), f"id-{pid}", group, checkout, pid, HERE, "9")


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Machine:
    return Machine(monkeypatch)


@pytest.fixture
def register(tmp_path: Path) -> Register:
    return Register(tmp_path / "running")


def test_a_newer_run_asks_the_older_ones_of_its_group_to_end(machine: Machine, register: Register) -> None:
    first, other, second = machine.entry(1), machine.entry(2, "h"), machine.entry(3)
    assert register.enter(first) == register.enter(other) == []
    assert register.enter(second) == [first]
    assert machine.asked == [1]
    assert [register.superseded_by(one) for one in (first, other, second)] == ["3", "", ""]
    third = machine.entry(4)
    assert register.enter(third) == [first_marked(first), second]
    assert [register.superseded_by(one) for one in (first, second)] == ["3", "4"]
    # Who is ending already is not asked again: that would end it at once.
    assert machine.asked == [1, 3]


def first_marked(first: Entry) -> Entry:
    return replace(first, superseded_by="3")


def test_a_run_of_another_checkout_is_named_with_it(machine: Machine, register: Register) -> None:
    first, second = machine.entry(1, checkout="/one"), machine.entry(2, checkout="/two")
    register.enter(first)
    register.enter(second)
    assert register.superseded_by(first) == "2 of /two"


def test_commands_of_one_run_of_github_s_are_in_nobody_s_way(machine: Machine, register: Register) -> None:
    first, second = (replace(machine.entry(pid), id="github-99") for pid in (1, 2))
    assert register.enter(first) == register.enter(second) == []
    assert machine.asked == []


def test_runs_that_are_in_nobody_s_way(machine: Machine, register: Register) -> None:
    assert register.enter(machine.entry(1, "")) == register.enter(machine.entry(2, "")) == []
    assert machine.asked == []


def test_a_run_that_left_or_was_killed_is_not_found(machine: Machine, register: Register) -> None:
    first, second, third = (machine.entry(pid) for pid in (1, 2, 3))
    register.enter(first)
    register.leave(first)
    register.leave(first)
    register.enter(second)
    machine.living.discard(2)
    assert register.enter(third) == []
    assert machine.asked == []
    assert [file.name for file in register.folder.glob("*.json")] == [third.name]


def test_a_run_of_another_machine_is_let_be(machine: Machine, register: Register) -> None:
    far = replace(machine.entry(1), machine="b-boot/pid:[1]")
    register.enter(far)
    assert register.enter(machine.entry(2)) == []
    assert (register.folder / far.name).exists()


NO_ENTRIES = ["", "{", "[]", "7", "\0\0", '{"run": "1"}', '{"group": "g", "pid": "1"}']


@pytest.mark.parametrize("text", NO_ENTRIES)
def test_what_cannot_be_read_is_struck_out_when_its_process_is_gone(
    machine: Machine, register: Register, text: str
) -> None:
    first, second, third = (machine.entry(pid) for pid in (1, 2, 3))
    register.enter(first)
    (register.folder / first.name).write_text(text)
    assert register.enter(second) == []
    assert (register.folder / first.name).read_text() == text
    machine.living.discard(1)
    assert register.enter(third) == [second]
    assert not (register.folder / first.name).exists()


@pytest.mark.parametrize("name", ["a", "0badcafe-1-9", "0badcafe-1-0"])
def test_what_cannot_be_read_stays_where_its_process_cannot_be_told(
    machine: Machine, register: Register, name: str
) -> None:
    register.folder.mkdir()
    file = register.folder / f"{name}.json"
    file.write_text("{")
    assert register.enter(machine.entry(1)) == []
    assert file.exists()


def test_a_run_whose_entry_got_damaged_is_waited_for_all_the_same(machine: Machine, register: Register) -> None:
    first = machine.entry(1)
    register.enter(first)
    (register.folder / first.name).write_text("{")
    assert register.holds(first)
    register.leave(first)
    assert not register.holds(first)


def rewritten(register: Register, one: Entry, **changed: Any) -> Path:  # noqa: ANN401 - JSON
    """Write an entry as another version would; a field that is None is one that it does not know."""
    file = register.folder / one.name
    data = json.loads(file.read_text()) | changed
    file.write_text(json.dumps({name: value for name, value in data.items() if value is not None}))
    return file


def test_a_run_of_a_newer_version_is_found_and_keeps_what_it_wrote(machine: Machine, register: Register) -> None:
    first = machine.entry(1)
    register.enter(first)
    file = rewritten(register, first, host="a", tries=[1])
    assert register.enter(machine.entry(2)) == [first]
    assert register.holds(first)
    assert machine.asked == [1]
    assert json.loads(file.read_text()) == asdict(first_marked(first)) | {
        "superseded_by": "2",
        "host": "a",
        "tries": [1],
    }
    assert register.finalise(first) == "2"


@pytest.mark.parametrize("final", [None, "yes", False])
def test_a_run_whose_version_writes_fields_otherwise_is_waited_for(
    machine: Machine, register: Register, final: object
) -> None:
    first = machine.entry(1)
    register.enter(first)
    file = rewritten(register, first, run=7, id=None, checkout=["/one"], final=final)
    waiting = Waiting(machine, register, {1: 3})
    waiting.turn.take()
    assert (waiting.slept, machine.asked) == (3, [1])
    assert waiting.said[0].startswith("run ? of a checkout that is not known (process 1) goes on: it is asked to end")
    told = json.loads(file.read_text())
    assert (told["run"], told["checkout"], told["superseded_by"]) == (7, ["/one"], "99 of /one")


def test_a_run_on_production_is_not_asked_to_end(machine: Machine, register: Register) -> None:
    first, second = machine.entry(1), machine.entry(2)
    register.enter(first)
    assert register.finalise(first) == ""
    assert register.enter(second) == [replace(first, final=True)]
    assert (machine.asked, register.superseded_by(first)) == ([], "")


def test_a_run_that_was_asked_to_end_does_not_go_to_production(machine: Machine, register: Register) -> None:
    first, second = machine.entry(1), machine.entry(2)
    register.enter(first)
    register.enter(second)
    assert register.finalise(first) == "2"
    assert register.enter(machine.entry(3))[0] == replace(first, superseded_by="2")


class Waiting:
    """A turn whose older runs end when it has slept long enough."""

    def __init__(self, machine: Machine, register: Register, ends: dict[int, int]) -> None:
        self.machine, self.ends, self.slept = machine, ends, 0
        self.said: list[str] = []
        self.turn = Turn(register, machine.entry(99), self.said.append, self.sleep, patience=5, production=10)

    def sleep(self, seconds: float) -> None:
        assert seconds < 1
        self.slept += 1
        self.machine.living -= {pid for pid, when in self.ends.items() if when <= self.slept}


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Let each look at the clock take a second."""
    seconds = [0.0]

    def tick() -> float:
        seconds[0] += 1
        return seconds[0]

    monkeypatch.setattr(turns, "now", tick)
    return seconds


def test_the_turn_comes_when_all_older_runs_have_ended(machine: Machine, register: Register) -> None:
    first, second = machine.entry(1), machine.entry(2, checkout="/two")
    register.enter(first)
    register.enter(second, supersede=False)
    waiting = Waiting(machine, register, {1: 2, 2: 4})
    assert waiting.turn.take() == [first, second]
    assert waiting.slept == 4
    assert machine.asked == [1, 2]
    assert waiting.said == [
        "run 1 (process 1) goes on: it is asked to end, for this one is newer",
        "run 2 of /two (process 2) goes on: it is asked to end, for this one is newer",
    ]


def test_a_run_that_leaves_has_ended_for_those_who_wait(machine: Machine, register: Register) -> None:
    first = machine.entry(1)
    register.enter(first)
    waiting = Waiting(machine, register, {})
    waiting.turn.sleep = lambda _seconds: register.leave(first)
    assert waiting.turn.take() == [first]


def test_who_does_not_want_to_cancel_waits_as_long_as_it_takes(
    machine: Machine, register: Register, clock: list[float]
) -> None:
    register.enter(machine.entry(1))
    waiting = Waiting(machine, register, {1: 50})
    waiting.turn.take(cancel=False)
    assert (machine.asked, waiting.slept) == ([], 50)
    assert clock[0] > 50
    assert waiting.said[0] == "run 1 (process 1) goes on: waiting for its end"
    assert set(waiting.said[1:]) == {"waiting for run 1 (process 1)"}


def test_production_is_waited_for(machine: Machine, register: Register, clock: list[float]) -> None:
    first = machine.entry(1)
    register.enter(first)
    register.finalise(first)
    waiting = Waiting(machine, register, {1: 6})
    waiting.turn.take()
    assert machine.asked == []
    assert clock[0] > 5
    assert waiting.said == ["run 1 (process 1) goes on: it is on production, so it is waited for"]


@pytest.mark.usefixtures("clock")
def test_a_run_that_does_not_end_is_told(machine: Machine, register: Register) -> None:
    register.enter(machine.entry(1))
    with pytest.raises(StillRunning) as caught:
        Waiting(machine, register, {}).turn.take()
    assert (caught.value.exit_code, caught.value.cause) == (5, "run 1 (process 1) does not end")
    assert "kill 1;" in caught.value.fix


def test_who_is_asked_to_end_knows_by_whom(machine: Machine, register: Register) -> None:
    turn = Waiting(machine, register, {}).turn
    turn.take()
    assert turn.reason("tests") is None
    turn.finalise()
    turn.leave()
    turn.take()
    register.enter(machine.entry(100))
    reason = turn.reason("backend tests")
    assert reason is not None
    assert (reason.exit_code, reason.cause) == (130, "superseded by run 100 while: backend tests")
    with pytest.raises(Superseded):
        turn.finalise()
