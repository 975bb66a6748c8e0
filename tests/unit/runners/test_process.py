from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING

import pytest

from shiplane.runners import process

if TYPE_CHECKING:
    from pathlib import Path

AFTER = "1 " * 18


@pytest.fixture
def proc(tmp_path: Path) -> Path:
    """Play /proc: process 7 began at 4711, 8 has ended and was not asked for yet."""
    for pid, name, state in ((7, "a) R (b", "S"), (8, "z", "Z"), (9, "torn", "S")):
        (tmp_path / str(pid)).mkdir()
        rest = f"{state} {AFTER}4711 1" if pid != 9 else state
        (tmp_path / str(pid) / "stat").write_text(f"{pid} ({name}) {rest}\n")
    boot = tmp_path / "sys/kernel/random/boot_id"
    boot.parent.mkdir(parents=True)
    boot.write_text("a-boot\n")
    (tmp_path / "self/ns").mkdir(parents=True)
    (tmp_path / "self/ns/pid").symlink_to("pid:[1]")
    return tmp_path


def test_a_process_is_known_by_number_machine_and_start(proc: Path) -> None:
    assert process.machine(proc) == "a-boot/pid:[1]"
    assert [process.started(pid, proc) for pid in (7, 8, 9, 10)] == ["4711", "", "", ""]


@pytest.mark.parametrize(
    ("pid", "where", "since", "known"),
    [
        (7, "a-boot/pid:[1]", "4711", (True, False)),
        (7, "a-boot/pid:[1]", "4712", (False, True)),  # the number was given again
        (8, "a-boot/pid:[1]", "4711", (False, True)),
        (10, "a-boot/pid:[1]", "4711", (False, True)),
        (10, "a-boot/pid:[2]", "4711", (False, False)),  # in a container, or around one
        (10, "b-boot/pid:[1]", "4711", (False, False)),
        (10, "", "4711", (False, False)),
        (10, "a-boot/pid:[1]", "", (False, False)),
    ],
)
def test_what_is_surely_known(proc: Path, pid: int, where: str, since: str, known: tuple[bool, bool]) -> None:
    assert (process.lives(pid, where, since, proc), process.is_gone(pid, where, since, proc)) == known


def test_a_machine_without_proc(tmp_path: Path) -> None:
    assert process.machine(tmp_path) == ""
    assert not process.is_gone(7, "", "4711", tmp_path)


def test_this_process_lives() -> None:
    me = process.own()
    assert me.pid == os.getpid()
    assert process.lives(*me)


def test_a_mark_tells_whether_its_process_is_gone(proc: Path) -> None:
    here = "a-boot/pid:[1]"
    marks = {name: process.Own(*name).mark for name in ((7, here, "4711"), (7, here, "1"), (10, here, "2"))}
    assert [process.is_marked_gone(mark, proc) for mark in marks.values()] == [False, True, True]
    unknown = (process.Own(7, "b-boot", "1").mark, process.Own(7, here, "").mark, "", "x-7-1", "7")
    assert [process.is_marked_gone(mark, proc) for mark in unknown] == [False] * 5
    assert not process.is_marked_gone(process.own().mark)
    assert not process.is_marked_gone(marks[7, here, "1"], proc / "nowhere")


def test_who_has_ended_already_need_not_be_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[int, int]] = []
    monkeypatch.setattr(os, "kill", lambda pid, number: asked.append((pid, number)))
    process.terminate(7)
    assert asked == [(7, signal.SIGTERM)]

    def gone(_pid: int, _number: int) -> None:
        raise ProcessLookupError

    monkeypatch.setattr(os, "kill", gone)
    process.terminate(7)


def test_how_many_steps_a_machine_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    assert process.cores() == len(os.sched_getaffinity(0))
    monkeypatch.delattr(os, "sched_getaffinity")
    monkeypatch.setattr(os, "cpu_count", lambda: None)
    assert process.cores() == 1


@pytest.mark.parametrize(("group", "lives"), [("1", True), ("2", False)])
def test_a_group_lives_while_one_of_it_does(
    proc: Path, monkeypatch: pytest.MonkeyPatch, group: str, *, lives: bool
) -> None:
    """Process 7 alone lives; it is of group 1. Nobody has taken notice of the end of 8, which still has its number."""
    monkeypatch.setattr(os, "killpg", lambda _group, _number: None)
    assert process.group_lives(int(group), proc) == lives
    assert process.group_lives(int(group), proc / "nowhere")


def test_a_group_without_processes_does_not_live(proc: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(_group: int, _number: int) -> None:
        raise ProcessLookupError

    monkeypatch.setattr(os, "killpg", gone)
    assert not process.group_lives(1, proc)
