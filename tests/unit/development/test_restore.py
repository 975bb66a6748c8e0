from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest

from shiplane.development import cut_off
from shiplane.development.backups import Kept
from shiplane.development.cut_off import Note
from shiplane.development.restore import Restore, parts_of
from shiplane.errors import BackupUnknown, Interrupted, RestoreFailed, StepFailed
from stacks import MODEL, RUNNING, container, make_stack

if TYPE_CHECKING:
    from pathlib import Path

    from checkouts import Answer
    from shiplane.development.stack import Stack
    from shiplane.model import Command
    from shiplane.runners.base import Completed

BACKUP = Kept("one", "2026-01-01T00:00:00Z", {"database": 5, "media": 5})
PARTS = ("database", "media")
STOP, START = "stop backend", "up backend"
_SCRIPT = re.compile(r"bash -s (database|files) (\w+) ")
_ORDER = re.compile(r"docker-compose\.yml (?:--profile \S+ )?(stop|up) (?:--\S+ (?:\d+ )?)*(.*)")


def deeds(transcript: list[str]) -> list[str]:
    """Say in short what was done."""
    found = []
    for line in transcript:
        if script := _SCRIPT.search(line):
            found.append(f"{script[2]} {'media' if script[1] == 'files' else 'database'}")
        elif order := _ORDER.search(line):
            found.append(f"{order[1]} {order[2]}")
    return found


def failed(folder: Path, *answers: Answer) -> tuple[RestoreFailed, list[str]]:
    stack, runner = make_stack(folder, first=answers)
    with pytest.raises(RestoreFailed) as error:
        Restore(stack, BACKUP, PARTS).run()
    return error.value, deeds(runner.transcript)


def test_all_is_loaded_before_anything_changes_places(tmp_path: Path) -> None:
    stack, runner = make_stack(tmp_path)
    Restore(stack, BACKUP, PARTS).run()
    assert deeds(runner.transcript) == [
        *("load database", "load media", STOP, "swap database", "swap media", START),
        *("finish database", "finish media"),
    ]


def test_into_a_stack_that_was_never_started(tmp_path: Path) -> None:
    stack, runner = make_stack(tmp_path, "")
    Restore(stack, BACKUP, PARTS).run()
    assert deeds(runner.transcript) == [
        *("up db", "load database", "load media", "swap database", "swap media"),
        *("finish database", "finish media"),
    ]


def test_files_alone_need_no_database(tmp_path: Path) -> None:
    stack, runner = make_stack(tmp_path, "")
    Restore(stack, BACKUP, ("media",)).run()
    assert deeds(runner.transcript) == ["load media", "swap media", "finish media"]


def test_the_worker_is_stopped_too(tmp_path: Path) -> None:
    stack, runner = make_stack(tmp_path, f"{RUNNING}\n{container('celery')}")
    Restore(stack, BACKUP, ("media",)).run()
    assert deeds(runner.transcript)[1:4] == ["stop backend celery", "swap media", "up backend celery"]


def test_what_is_built_alike_is_stopped_together_also_without_a_name(tmp_path: Path) -> None:
    stack, _ = make_stack(tmp_path)
    services = {name: {**one, "image": None} for name, one in MODEL["services"].items()}
    stack.__dict__["model"] = {**MODEL, "services": services}
    assert stack.writers() == ("backend", "celery")


def test_what_cannot_be_loaded_stops_nothing(tmp_path: Path) -> None:
    error, done = failed(tmp_path, ("bash -s files load", "backup one of media is not what was written", 1))
    assert done == ["load database", "load media", "finish database"]
    assert str(error) == "one was not restored, for loading it (media) failed; the data are what they were before"
    assert error.details == ("backup one of media is not what was written",)


def test_a_failure_of_the_first_part_undoes_nothing(tmp_path: Path) -> None:
    assert failed(tmp_path, ("bash -s database load", "no", 1))[1] == ["load database"]


def test_a_failed_change_is_taken_back_whole(tmp_path: Path) -> None:
    error, done = failed(tmp_path, ("bash -s files swap", "no", 1))
    assert done == [
        *("load database", "load media", STOP, "swap database", "swap media"),
        *(STOP, "back database", "back media", START),
    ]
    assert error.cause.endswith("putting it in place (media) failed; the data are what they were before")


def test_a_change_is_noted_until_it_is_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stack, runner = make_stack(tmp_path)
    cut_off.write(tmp_path, Note({"database": "zero", "static": "zero"}))
    run, noted = runner.run, []

    def looking(command: Command, **words: Any) -> Completed:  # noqa: ANN401 - as the runner takes them
        noted.append(cut_off.read(tmp_path))
        return run(command, **words)

    monkeypatch.setattr(runner, "run", looking)
    Restore(stack, BACKUP, PARTS).run()
    before = Note({"database": "zero", "static": "zero"})
    during = Note({"database": "one", "static": "zero", "media": "one"}, ("backend",))
    told = [note for note, line in zip(noted, runner.transcript, strict=True) if deeds([line])]
    assert told == [before] * 2 + [during] * 4 + [Note({"static": "zero"})] * 2
    assert cut_off.read(tmp_path) == Note({"static": "zero"})


def test_what_a_restore_that_was_cut_off_had_stopped_is_started(tmp_path: Path) -> None:
    cut_off.write(tmp_path, Note({"media": "one"}, ("backend",)))
    stack, runner = make_stack(tmp_path, "")
    Restore(stack, BACKUP, ("media",)).run()
    assert deeds(runner.transcript) == ["load media", STOP, "swap media", START, "finish media"]
    Restore(stack, BACKUP, ("media",)).run()
    assert deeds(runner.transcript)[5:] == ["load media", "swap media", "finish media"]


def test_what_was_noted_before_stands_again_where_the_data_do(tmp_path: Path) -> None:
    before = Note({"media": "zero"}, ("celery",))
    cut_off.write(tmp_path, before)
    failed(tmp_path, ("bash -s files swap", "no", 1))
    assert cut_off.read(tmp_path) == before
    failed(tmp_path, ("bash -s files load", "no", 1))
    assert cut_off.read(tmp_path) == before
    failed(tmp_path, ("bash -s (files swap|database back)", "the disk is full", 1))
    assert cut_off.read(tmp_path) == Note({"database": "one", "media": "one"}, ("backend", "celery"))


@pytest.mark.parametrize("text", ["", "[]", "{", "\xff", '{"parts": {}}', '{"parts": 1, "stopped": []}'])
def test_a_note_that_cannot_be_read_is_none(tmp_path: Path, text: str) -> None:
    cut_off.write(tmp_path, Note({"media": "zero"}))
    (tmp_path / ".shiplane/dev/restoring.json").write_text(text, encoding="latin-1")
    assert cut_off.read(tmp_path) == Note()


def test_data_on_which_the_application_does_not_start_are_taken_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stack, runner = make_stack(tmp_path)
    runner.answers = [("--wait", "unhealthy", 1), *runner.answers]
    run = runner.run

    def once(command: Command, **words: Any) -> Completed:  # noqa: ANN401 - as the runner takes them
        done = run(command, **words)
        if not done.ok:
            del runner.answers[0]
        return done

    monkeypatch.setattr(runner, "run", once)
    with pytest.raises(
        RestoreFailed, match="starting the application on it failed; the data are what they were before"
    ):
        Restore(stack, BACKUP, PARTS).run()
    assert deeds(runner.transcript)[-5:] == [START, STOP, "back database", "back media", START]


def test_a_way_back_that_fails_is_told_and_holds_up_no_other(tmp_path: Path) -> None:
    error, done = failed(tmp_path, ("bash -s (files swap|database back)", "the disk is full", 1))
    assert error.cause.endswith("failed; database could not be brought back to what it was before either")
    assert error.details == ("the disk is full", "the disk is full")
    assert done[-3:] == ["back database", "back media", START]


def test_an_application_that_does_not_start_again_is_told(tmp_path: Path) -> None:
    error, _ = failed(tmp_path, (" up .* backend", "unhealthy", 1))
    assert error.cause.endswith("failed; the data are what they were before; the application did not start again")


def test_a_restore_whose_leftovers_stay_is_one(tmp_path: Path) -> None:
    stack, _ = make_stack(tmp_path, first=[("bash -s files finish", "no space", 1)])
    with pytest.raises(StepFailed, match="one was restored, but what media was before could not be removed"):
        Restore(stack, BACKUP, PARTS).run()


def test_an_interrupt_takes_it_back_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stack, runner = make_stack(tmp_path)
    told: list[str] = []
    stack.say = told.append
    original = type(stack).do

    def interrupted(self: Stack, command: object, what: str, fix: str) -> object:
        if what.startswith("putting"):
            raise Interrupted
        return original(self, command, what, fix)  # type: ignore[arg-type]

    monkeypatch.setattr(type(stack), "do", interrupted)
    with pytest.raises(Interrupted):
        Restore(stack, BACKUP, PARTS).run()
    assert deeds(runner.transcript)[-4:] == [STOP, "back database", "back media", START]
    assert told[-2:] == ["not restored; bringing back what was there before", "the data are what they were before"]


def test_what_a_backup_holds_is_what_it_gives() -> None:
    assert parts_of(BACKUP, ("database", "media", "static"), asked=False) == PARTS
    with pytest.raises(BackupUnknown, match="it holds database, media, and not static"):
        parts_of(BACKUP, ("media", "static"), asked=True)
    with pytest.raises(BackupUnknown, match="not static"):
        parts_of(BACKUP, ("static",), asked=False)
