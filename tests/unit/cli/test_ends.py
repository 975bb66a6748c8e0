"""How commands end: exit codes of runs, errors told, releases found."""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checkouts import git_answers, make_checkout
from samples import make_release
from shiplane.cli.app import App
from shiplane.cli.failures import told
from shiplane.cli.releases import find
from shiplane.cli.run import exit_code, run_id
from shiplane.errors import NothingPublished, StepFailed, Unsafe
from shiplane.model import Outcome
from shiplane.model.identity import checkout_id
from worlds import RecordedWorld

if TYPE_CHECKING:
    from pathlib import Path


def failed(code: int) -> Outcome:
    return Outcome("failed", exit_code=code)


CANCELLED, PASSED, SKIPPED = Outcome("cancelled", exit_code=130), Outcome("passed"), Outcome("skipped")


@pytest.mark.parametrize(
    ("outcomes", "code"),
    [
        ([], 0),
        ([PASSED, PASSED], 0),
        ([failed(3), SKIPPED], 3),
        ([failed(8), failed(3)], 8),
        ([failed(3), failed(8)], 3),
        ([failed(1), PASSED], 1),
        ([failed(124)], 124),
        ([failed(3), failed(6)], 6),
        ([failed(124), failed(7), failed(6)], 7),
        ([CANCELLED, PASSED], 130),
        ([failed(3), CANCELLED], 130),
        ([failed(124), CANCELLED, failed(6)], 6),
        ([CANCELLED, failed(7)], 7),
        ([failed(4), Outcome("cancelled", exit_code=3)], 4),
    ],
)
def test_the_exit_code_of_a_run(outcomes: list[Outcome], code: int) -> None:
    assert exit_code({str(number): outcome for number, outcome in enumerate(outcomes)}) == code


CODES = st.sampled_from([1, 2, 3, 4, 5, 6, 7, 8, 124])
OUTCOMES = st.lists(st.one_of(st.sampled_from([PASSED, SKIPPED, CANCELLED]), CODES.map(failed)))


@given(OUTCOMES)
def test_a_run_succeeds_only_when_nothing_failed_or_was_cancelled(outcomes: list[Outcome]) -> None:
    code = exit_code({str(number): outcome for number, outcome in enumerate(outcomes)})
    assert (code == 0) == all(outcome.status in {"passed", "skipped"} for outcome in outcomes)
    changed = [outcome.exit_code for outcome in outcomes if outcome.exit_code in {6, 7}]
    assert code == max(changed) if changed else code not in {6, 7}


def ended(error: BaseException, capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
    @told
    def command() -> NoReturn:
        raise error

    with pytest.raises(SystemExit) as caught:
        command()
    said = capsys.readouterr()
    assert said.out == ""
    return int(caught.value.code or 0), said.err


def test_an_expected_failure_is_told_with_its_code(capsys: pytest.CaptureFixture[str]) -> None:
    error = StepFailed("lint failed", "mend it", ("one", "two"))
    assert ended(error, capsys) == (3, "lint failed\nfix: mend it\nsee: docs/errors.md#step-failed\n  one\n  two\n")
    code, text = ended(Unsafe("it is not tested", "test it"), capsys)
    assert (code, text.splitlines()[0]) == (8, "it is not tested (exit 8: refused as unsafe)")


def test_an_interrupt_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert ended(KeyboardInterrupt(), capsys) == (
        130,
        "interrupted\nfix: run the same command again\nsee: docs/errors.md#interrupted\n",
    )


def test_a_bug_is_shown_as_it_is() -> None:
    @told
    def command() -> NoReturn:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        command()


def test_a_command_gives_what_it_gives() -> None:
    assert told(lambda value: value + 1)(1) == 2


def make_app(folder: Path, edits: str = "", **environ: str) -> App:
    return App(make_checkout(folder), environ, RecordedWorld(git_answers(edits=edits)))


def test_a_release_by_name_and_that_of_head(tmp_path: Path) -> None:
    app = make_app(tmp_path)
    target = app.target("lab")
    with pytest.raises(NothingPublished):
        find(app, target, "")
    for release in (make_release(), make_release("other")):
        app.store.save_release("lab", release)
    assert find(app, target, "") == make_release()
    assert find(app, target, "other") == make_release("other")
    with pytest.raises(NothingPublished) as caught:
        find(app, target, "third")
    assert caught.value.cause == "no published release for third on the target lab"


def test_edits_have_a_release_of_their_own(tmp_path: Path) -> None:
    app = make_app(tmp_path, edits="-a\n+b")
    dirty = make_release(app.facts.suffix, dirty=True)
    app.store.save_release("lab", make_release())
    app.store.save_release("lab", dirty)
    assert find(app, app.target("lab"), "") == dirty


def test_a_run_s_name_is_nobody_else_s(tmp_path: Path) -> None:
    assert run_id(make_app(tmp_path), 4) == f"{checkout_id(tmp_path)}-4"
    assert run_id(make_app(tmp_path, GITHUB_RUN_ID="99"), 4) == "github-99"
