from __future__ import annotations

import os
import signal
from dataclasses import replace
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from benches import make_plan, make_stage
from samples import CONFIG
from shiplane.cli import run as runs
from shiplane.cli.run import Manner, Run
from shiplane.errors import DeployUndone, LabDown
from shiplane.model import Secret, Step
from shiplane.pipeline.journal import read
from shiplane.pipeline.results import Results
from shiplane.pipeline.store import Store
from shiplane.report import board
from shiplane.report.view import View
from shiplane.runners.base import Masker
from shiplane.runners.recording import RecordingRunner

if TYPE_CHECKING:
    from collections.abc import Callable
    from functools import partial
    from pathlib import Path

    from shiplane.model.event import EventName

SECRETS = {name: Secret(name, "value-of-it") for name in ("DB_PASSWORD", "REDIS_PASSWORD")}


class Client:
    """Stand for a board that refuses once it has heard of the run."""

    made: list[Client]

    def __init__(  # noqa: PLR0913 - as the real one
        self, url: str, token: Secret, outbox: Path, post: partial[Any], on_refused: Callable[[str], None], name: str
    ) -> None:
        self.trusted = post.keywords["ca_file"]
        self.url, self.token, self.outbox, self.on_refused, self.name = url, token, outbox, on_refused, name
        self.records: list[dict[str, Any]] = []
        self.made.append(self)

    def on_record(self, record: dict[str, Any]) -> None:
        self.records.append(record)

    def end(self) -> None:
        self.on_refused("the board refuses reports")

    def close(self, seconds: float = 1.0) -> None:
        assert seconds <= 1


class Lab:
    """A target that is down at first."""

    name = "lab"
    up = False

    def site(self, name: str) -> SimpleNamespace:
        if not self.up:
            raise LabDown
        return SimpleNamespace(url=f"http://{name}", environment=name, ca_file="/lab/ca.pem")

    def secrets(self, _name: str) -> dict[str, Secret]:
        return SECRETS


class Environments:
    """Press Ctrl-C, twice, while the connections are closed."""

    def close(self) -> None:
        for _ in range(2):
            os.kill(os.getpid(), signal.SIGINT)


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setattr(runs, "open_environments", lambda *_: Environments())
    monkeypatch.setattr(board, "BoardClient", Client)
    monkeypatch.setattr(Client, "made", [], raising=False)
    environ = {"GITHUB_RUN_ID": "77", "GITHUB_RUN_NUMBER": "5", "XDG_STATE_HOME": str(tmp_path / "state")}
    facts = SimpleNamespace(message="", author="")
    app = SimpleNamespace(
        store=Store(tmp_path), environ=environ, facts=facts, config=CONFIG, checkout=tmp_path, masker=Masker(),
        runner=RecordingRunner(), results=Results(tmp_path / "results", 0),
    )  # fmt: skip
    app.store.new_run(environ)
    plan = make_plan(make_stage("staging", Step("staging.lab", ""), Step("staging.up", "", ("staging.lab",))))
    return Run(app, Lab(), plan, view=View(plain=True))  # type: ignore[arg-type] - what a run uses of them


def carried_out(run: Run, monkeypatch: pytest.MonkeyPatch) -> int:
    def act(step: Step, _say: object, _cancel: object) -> None:
        if step.id == "staging.lab":
            run.target.up = True  # type: ignore[attr-defined]
            run.boards.tell()
            run.boards.tell()
            return
        raise DeployUndone("the deploy failed", "deploy again")

    monkeypatch.setattr(run, "_actions", lambda *_: {"process": act})
    return run.execute()


def test_boards_that_come_late_are_told_all_and_once(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    carried_out(run, monkeypatch)
    assert [client.url for client in Client.made] == ["http://staging", "http://production"]
    assert {client.trusted for client in Client.made} == {"/lab/ca.pem"}
    for client in Client.made:
        assert client.records == read(run.folder)
        assert client.name == "github-77.5-2"
    assert [record["kind"] for record in read(run.folder)][-1] == "run_ended"  # and no note after it


def test_interrupts_at_the_end_do_not_lose_it(
    run: Run, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert carried_out(run, monkeypatch) == 6
    assert read(run.folder)[-1]["exit_code"] == 6
    assert "the deploy failed" in capsys.readouterr().out


def test_nor_do_those_in_its_last_words(
    run: Run, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def pressing(*_: object) -> None:
        for number in (signal.SIGINT, signal.SIGTERM):
            os.kill(os.getpid(), number)

    monkeypatch.setattr(run.boards, "close", pressing)
    monkeypatch.setattr(run.app.store, "drop_runs", pressing)
    assert carried_out(run, monkeypatch) == 6
    assert "the deploy failed" in capsys.readouterr().out
    with pytest.raises(KeyboardInterrupt):  # afterwards they are heard
        os.kill(os.getpid(), signal.SIGINT)


def test_a_run_needs_no_output(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdout", None)
    assert carried_out(run, monkeypatch) == 6


@pytest.mark.parametrize(
    ("command", "github", "waits"),
    [("pipeline", False, True), ("deploy", False, False), ("promote", True, True), ("e2e", True, True)],
)
def test_only_a_pipeline_waits_for_who_holds_an_environment(
    run: Run,
    command: str,
    github: bool,  # noqa: FBT001 - a parameter of the cases
    waits: bool,  # noqa: FBT001 - the same
) -> None:
    run.manner, run.view = Manner(command), View(github=github)
    assert run._waits is waits  # noqa: SLF001 - what the run's actions are given


@pytest.mark.parametrize(
    ("command", "event", "github", "older", "only_forward"),
    [
        ("pipeline", "push", "", False, True),
        ("pipeline", "push", "", True, False),
        ("pipeline", "manual", "push", False, False),
        ("promote", "manual", "push", False, True),
        ("promote", "manual", "push", True, False),
        ("promote", "manual", "workflow_dispatch", False, False),
        ("deploy", "manual", "", False, False),
    ],
)
def test_after_a_push_production_goes_forward(  # noqa: PLR0913 - a case
    run: Run, command: str, event: EventName, github: str, *, older: bool, only_forward: bool
) -> None:
    run.manner = Manner(command, older=older)
    run.plan = replace(run.plan, event=replace(run.plan.event, name=event))
    run.app.environ["GITHUB_EVENT_NAME"] = github
    assert run._only_forward is only_forward  # noqa: SLF001 - what the run's actions are given
