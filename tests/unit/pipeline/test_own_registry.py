from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from shiplane.errors import PortTaken, StepFailed, Unreachable
from shiplane.pipeline.own_registry import ensure
from shiplane.runners.base import Completed
from shiplane.runners.http import Answer
from shiplane.runners.recording import RecordingRunner
from worlds import SilentPublic

if TYPE_CHECKING:
    from shiplane.model import Command

NAME = "shiplane-registry-5500"


class Port(SilentPublic):
    """Answer by one status after the other; 0 is no answer, and the last one stays."""

    def __init__(self, *statuses: int) -> None:
        super().__init__()
        self.statuses = list(statuses)

    def request(self, method: str, url: str, **words: object) -> Answer:
        status = self.statuses.pop(0) if len(self.statuses) > 1 else self.statuses[0]
        if not status:
            return super().request(method, url, **words)
        return Answer(status, "")


def ran(runner: RecordingRunner, *statuses: int) -> list[str]:
    said: list[str] = []
    ensure(runner, Port(*statuses), 5500, said.append)
    return [" ".join(command.argv[1:3]) for command in runner.commands]


@pytest.mark.parametrize("status", [200, 401])
def test_one_that_answers_is_taken_as_it_is(status: int) -> None:
    assert ran(RecordingRunner(), status) == []


def test_one_is_made_where_none_is() -> None:
    runner = RecordingRunner([("container inspect", "no such container", 1)])
    assert ran(runner, 0, 200) == ["container inspect", "create --name", "cp --quiet", f"start {NAME}"]
    made = " ".join(runner.commands[1].argv)
    assert f"--publish 127.0.0.1:5500:5000 --volume {NAME}:/var/lib/registry registry:3" in made


def test_one_that_was_stopped_or_is_half_made_gets_its_settings_and_is_started() -> None:
    assert ran(RecordingRunner(), 0, 200) == ["container inspect", "cp --quiet", f"start {NAME}"]


class Meanwhile(RecordingRunner):
    """Let another run make the container while this one tries."""

    def run(self, command: Command, **words: object) -> Completed:
        if command.argv[1] == "create":
            self.answers = []
            super().run(command)
            return Completed(1, "", f'Conflict. The container name "/{NAME}" is already in use', 0.0)
        return super().run(command, **words)  # type: ignore[arg-type]


def test_one_that_another_run_makes_meanwhile_is_taken() -> None:
    runner = Meanwhile([("container inspect", "no such container", 1)])
    wanted = ["container inspect", "create --name", "container inspect", "cp --quiet", f"start {NAME}"]
    assert ran(runner, 0, 200) == wanted


@pytest.mark.parametrize(
    ("answers", "statuses", "kind"),
    [
        ([], (404,), Unreachable),
        ([("docker start", "bind: address already in use", 1)], (0,), PortTaken),
        ([("container inspect", "none", 1), ("docker create", "no such image", 1)], (0,), StepFailed),
        ([("docker start", "no space left on device", 1)], (0,), StepFailed),
    ],
)
def test_what_is_in_its_way(
    answers: list[tuple[str, str, int]], statuses: tuple[int, ...], kind: type[Exception]
) -> None:
    with pytest.raises(kind):
        ran(RecordingRunner(answers), *statuses)
