from __future__ import annotations

import errno
import json
import os
import re
import threading
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shiplane.errors import JournalLost
from shiplane.pipeline import journal as journals
from shiplane.pipeline.journal import Journal, read, timestamp

# What `str.splitlines` takes for ends of lines and JSON does not.
SEPARATORS = "\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029"
TEXTS = st.text(st.one_of(st.characters(exclude_categories=("Cs",)), st.sampled_from(SEPARATORS)))


def test_records_come_back_in_order(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    first = journal.write("note", text="one")
    second = journal.write("note", text="zwei ü")
    assert read(tmp_path) == [first, second]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", first["at"])
    assert [record["kind"] for record in read(tmp_path)] == ["note", "note"]


def test_a_run_without_a_journal_has_no_records(tmp_path: Path) -> None:
    assert read(tmp_path) == []


def test_a_torn_last_line_is_dropped(tmp_path: Path) -> None:
    record = Journal(tmp_path).write("note", text="whole")
    file = tmp_path / "journal.jsonl"
    whole = file.read_bytes()
    for end in range(len(whole) - 1):
        file.write_bytes(whole + whole[:end])
        assert read(tmp_path) == [record]


def test_a_torn_character_is_dropped_with_its_line(tmp_path: Path) -> None:
    record = Journal(tmp_path).write("note", text="whole")
    with (tmp_path / "journal.jsonl").open("ab") as file:
        file.write('{"kind":"note","text":"ü'.encode()[:-1])
    assert read(tmp_path) == [record]


def test_a_journal_goes_on_after_a_torn_line(tmp_path: Path) -> None:
    first = Journal(tmp_path).write("note", text="before")
    with (tmp_path / "journal.jsonl").open("a") as file:
        file.write('{"kind":"no')
    second = Journal(tmp_path).write("note", text="after")
    assert read(tmp_path) == [first, second]


def test_what_is_no_record_is_dropped(tmp_path: Path) -> None:
    (tmp_path / "journal.jsonl").write_text('7\n"note"\n[]\n{"kind":"note"}\n')
    assert read(tmp_path) == [{"kind": "note"}]


def test_a_disk_that_was_full_for_a_while_costs_the_records_of_that_while(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal = Journal(tmp_path)
    first = journal.write("note", text="before")
    write = os.write

    def half(file: int, data: bytes) -> int:
        if len(data) < 10:
            raise OSError(errno.ENOSPC, "No space left on device")
        return write(file, data[: len(data) // 2])

    with monkeypatch.context() as full:
        full.setattr(os, "write", half)
        with pytest.raises(JournalLost) as caught:
            journal.write("note", text="meanwhile")
    assert caught.value.cause == f"{tmp_path}/journal.jsonl cannot be written: No space left on device"
    second = journal.write("note", text="after")
    assert read(tmp_path) == [first, second]


def test_a_journal_that_cannot_be_opened(tmp_path: Path) -> None:
    (tmp_path / "journal.jsonl").mkdir()
    with pytest.raises(JournalLost, match="cannot be written: Is a directory"):
        Journal(tmp_path)


def test_what_must_last_is_on_the_disk_at_once_and_the_rest_soon(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seconds, synced = [0.0], []
    monkeypatch.setattr(journals.time, "monotonic", lambda: seconds[0])
    monkeypatch.setattr(os, "fsync", lambda _file: synced.append(len(read(tmp_path))))
    journal = Journal(tmp_path)
    for kind in ("run_started", "stage_started", "step_started", "step_ended"):
        journal.write(kind, step="a.1")
    assert synced == [1]
    seconds[0] = 1.0
    journal.write("note")
    journal.write("note")
    assert synced == [1, 5]
    for kind in ("stage_ended", "release_published", "deployed", "run_ended"):
        journal.write(kind)
    assert synced == [1, 5, 7, 8, 9, 10]


def test_no_file_stays_open_for_a_step_that_has_ended(tmp_path: Path) -> None:
    def opened() -> list[str]:
        links = (link for link in Path("/proc/self/fd").iterdir() if link.is_symlink())
        return [str(link.readlink()) for link in links if str(link.readlink()).startswith(str(tmp_path))]

    journal = Journal(tmp_path)
    for number in range(20):
        journal.line(f"a.{number}", "hello")
        assert len(opened()) == 2
        journal.write("step_ended", step=f"a.{number}")
    assert opened() == [str(tmp_path / "journal.jsonl")]
    del journal
    assert opened() == []


def test_text_that_looks_like_an_end_of_line_is_kept(tmp_path: Path) -> None:
    record = Journal(tmp_path).write("note", text=SEPARATORS)
    assert read(tmp_path) == [record]


@given(st.lists(st.dictionaries(st.sampled_from("abc"), st.one_of(TEXTS, st.integers(), st.none())), max_size=5))
def test_any_record_comes_back(tmp_path_factory: pytest.TempPathFactory, records: list[dict[str, object]]) -> None:
    folder = tmp_path_factory.mktemp("run")
    journal = Journal(folder)
    written = [journal.write("note", **record) for record in records]
    assert read(folder) == written


def test_listeners_see_records_and_lines(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    records: list[object] = []
    lines: list[tuple[str, str]] = []
    journal.listeners.append(records.append)
    journal.lines.append(lambda step, text: lines.append((step, text)))
    record = journal.write("note", text="one")
    journal.line("a.1", "hello")
    journal.line("a.1", "wörld")
    assert records == [record]
    assert lines == [("a.1", "hello"), ("a.1", "wörld")]
    assert journal.log_file("a.1") == tmp_path / "logs" / "a.1.log"
    assert journal.log_file("a.1").read_text(encoding="utf-8") == "hello\nwörld\n"
    assert "hello" not in (tmp_path / "journal.jsonl").read_text()


def test_who_comes_late_is_shown_what_was_written_and_misses_nothing(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    threads = [threading.Thread(target=lambda n=n: journal.write("note", text=str(n))) for n in range(20)]
    seen: list[object] = []
    for number, thread in enumerate(threads):
        thread.start()
        if number == 10:
            journal.follow(seen.append)
    for thread in threads:
        thread.join()
    assert seen == read(tmp_path)
    assert len(seen) == 20


def test_no_note_comes_after_the_end(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    seen: list[object] = []
    journal.follow(seen.append)
    journal.late_note("in time")
    journal.write("run_ended", status="passed", exit_code=0, seconds=1.0)
    journal.late_note("too late")
    assert [(record["kind"], record.get("text")) for record in read(tmp_path)] == [
        ("note", "in time"),
        ("run_ended", None),
    ]
    assert seen == read(tmp_path)


def test_a_line_that_is_no_text_is_logged_all_the_same(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    journal.line("a.1", "half \ud83d")
    assert journal.log_file("a.1").read_text() == "half ?\n"


def test_records_of_many_threads_do_not_mix(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    threads = [threading.Thread(target=lambda n=n: journal.write("note", text=str(n) * 5000)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(record["text"][0] for record in read(tmp_path)) == list("01234567")


def test_every_record_is_a_line_of_its_own(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    journal.write("note", text="two\nlines")
    lines = (tmp_path / "journal.jsonl").read_text().split("\n")
    assert lines[1:] == [""]
    assert json.loads(lines[0])["text"] == "two\nlines"


def test_times_sort_as_texts() -> None:
    assert timestamp() <= timestamp()
