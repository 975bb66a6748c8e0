"""A run's place on this machine: why it ends, what it may not be ended at, what it clears away."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from samples import COMMIT, CONFIG, NAMING
from shiplane.cli import leftovers
from shiplane.cli.place import Place, group
from shiplane.errors import Interrupted, Superseded
from shiplane.model import Event, Outcome, Step
from shiplane.pipeline import presence
from shiplane.pipeline.journal import Journal, read
from shiplane.pipeline.store import Store
from shiplane.runners import descendants
from shiplane.runners.base import Cancel
from shiplane.runners.recording import RecordingRunner

if TYPE_CHECKING:
    from pathlib import Path

PUSH, PULL = Event("push", "feature/x", COMMIT), Event("pull_request", "feature/x", COMMIT)


def make_app(folder: Path, **environ: str) -> Any:  # noqa: ANN401 - what a place uses of an app
    environ = {"XDG_STATE_HOME": str(folder / "state"), **environ}
    return SimpleNamespace(
        environ=environ, store=Store(folder), checkout=folder, config=CONFIG, runner=RecordingRunner()
    )


@pytest.fixture
def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(descendants, "adopt", frozenset)
    monkeypatch.setattr(descendants, "end_adopted", lambda _before: [])
    return Place(make_app(tmp_path), Journal(tmp_path / "run"), "1f2e-7", "one group")


def notes(place: Place) -> list[str]:
    return [record["text"] for record in read(place.journal.folder) if record["kind"] == "note"]


def supersede(place: Place) -> None:
    me = place.turn.me
    place.turn.register._write(me.name, {"superseded_by": "42"})  # noqa: SLF001 - as another process does


def test_runs_of_one_branch_or_pull_request_and_target_are_a_group(tmp_path: Path) -> None:
    lab = SimpleNamespace(name="lab", naming=lambda: NAMING)
    remote = SimpleNamespace(name="remote", naming=lambda: NAMING)
    here, there = make_app(tmp_path / "one"), make_app(tmp_path / "two")
    assert group(here, lab, PUSH) == group(here, lab, replace(PUSH, name="manual", commit="d" * 40))  # type: ignore[arg-type]
    assert group(here, remote, PUSH) == group(there, remote, PUSH)  # type: ignore[arg-type]
    groups = {
        group(app, target, event)  # type: ignore[arg-type]
        for app in (here, there)
        for target in (lab, remote)
        for event in (PUSH, PULL, replace(PUSH, branch="main"))
    }
    assert len(groups) == 3 * 3  # two labs, one remote application


def test_why_a_run_is_to_end(made: Place) -> None:
    with made:
        assert not made.take_turn(cancel=True)
        assert type(made.why("tests")) is Interrupted
        assert notes(made) == []
        supersede(made)
        reason = made.why("tests")
        assert isinstance(reason, Superseded)
        assert notes(made) == ["superseded by run 42 while: tests"]


def test_an_action_that_no_newer_run_ends(made: Place) -> None:
    done: list[str] = []

    def act(step: Step, say: object, cancel: Cancel) -> Outcome | None:
        del say, cancel
        done.append(step.id)
        return Outcome("passed", how="reused")

    final = made.final(act)
    with made:
        made.take_turn(cancel=True)
        assert final(Step("production.deploy", ""), lambda _line: None, Cancel()) == Outcome("passed", how="reused")
        assert made.turn.register.enter(replace(made.turn.me, pid=1, run="43", id="1f2e-8"))[0].final
        made.leave()
        made.take_turn(cancel=True)
        supersede(made)
        with pytest.raises(Superseded, match="superseded by run 42"):
            final(Step("production.deploy", ""), lambda _line: None, Cancel())
    assert done == ["production.deploy"]


def test_what_steps_left_is_told_and_what_was_killed_cleared_away(made: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    removed: list[object] = []
    monkeypatch.setattr(leftovers, "remove", lambda app, _say: removed.append(app))
    with made:
        made.clear(killed=False)
        assert (notes(made), removed) == ([], [])
        monkeypatch.setattr(descendants, "end_adopted", lambda _before: ["ssh-agent", "watchman"])
        made.clear(killed=True)
    assert notes(made) == [
        "ended what steps had left running: ssh-agent, watchman",
        "removing the containers of what was killed",
    ]
    assert removed == [made.app]


def test_what_a_killed_run_left_is_told(made: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(presence.temporary, "remove_left", lambda: ("a-1-1", "a-2-2"))
    monkeypatch.setattr(descendants, "end_marked", lambda mark: [f"nox of {mark}"])
    with made:
        made.tell()
    assert notes(made) == ["ended what a killed run had left: nox of a-1-1, nox of a-2-2"]


def test_processes_are_marked_and_have_a_folder_while_the_run_lasts(made: Place, tmp_path: Path) -> None:
    environ = made.app.runner.environ
    environ["KEPT"] = "yes"
    with made:
        folder = environ["TMPDIR"]
        assert folder == tempfile.gettempdir() != str(tmp_path)
        assert environ[descendants.OWNER]
        with tempfile.NamedTemporaryFile(delete=False) as file:
            assert file.name.startswith(folder)
    assert environ == {"KEPT": "yes"}
    assert tempfile.gettempdir() == str(tmp_path)
    assert list(tmp_path.glob("shiplane_*")) == []
    assert list(made.turn.register.folder.glob("*.json")) == []
