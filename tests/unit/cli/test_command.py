"""How a function becomes a command."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from shiplane.cli.command import command
from shiplane.report.view import View

if TYPE_CHECKING:
    from invoke.context import Context

SEEN: list[tuple[str, View]] = []


@command
def ship(_c: Context, env: str, dry_run: bool = False, *, view: View) -> None:  # noqa: FBT001, FBT002 - as commands are
    """Ship it."""
    del dry_run
    SEEN.append((env, view))


def test_a_view_is_three_options() -> None:
    arguments = ship.get_arguments()  # a task forgets its help once asked
    flags = {argument.name: argument.kind for argument in arguments}
    assert flags == {"env": str, "dry_run": bool, "plain": bool, "quiet": bool, "verbose": bool}
    assert [bool(argument.help) for argument in arguments] == [True] * 5


@pytest.mark.parametrize("chosen", [{}, {"plain": True}, {"quiet": True}, {"verbose": True, "plain": True}])
def test_the_options_become_a_view(chosen: dict[str, bool]) -> None:
    ship.body(None, env="staging", dry_run=True, **chosen)
    assert SEEN.pop() == ("staging", View(**chosen))


def test_contradicting_options_are_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        ship.body(None, env="staging", quiet=True, verbose=True)
    assert ended.value.code == 2
    assert (
        capsys.readouterr().err
        == "--quiet and --verbose contradict each other\nfix: give one of them\nsee: docs/errors.md#usage-error\n"
    )


def test_in_a_workflow_an_error_gives_no_orders(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    with pytest.raises(SystemExit):
        ship.body(None, env="staging", quiet=True, verbose=True)
    first, *told, last = capsys.readouterr().err.splitlines()
    assert told == [
        "--quiet and --verbose contradict each other",
        "fix: give one of them",
        "see: docs/errors.md#usage-error",
    ]
    assert first.removeprefix("::stop-commands::") == last.strip(":")
