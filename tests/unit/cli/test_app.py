from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from checkouts import git_answers, make_checkout
from projects import RecordedWorld
from samples import COMMIT
from shiplane.cli.app import App
from shiplane.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path


def test_a_checkout_that_was_edited_meanwhile_is_asked_anew(tmp_path: Path) -> None:
    app = App(make_checkout(tmp_path), {}, RecordedWorld(git_answers()))
    first = app.facts, app.inventory
    assert (app.facts, app.inventory) == first
    app.runner = RecordedWorld([*git_answers(edits="backend/x.py"), *git_answers()]).local(tmp_path, {}, app.masker)
    app.look_again()
    assert app.facts.edits
    assert app.inventory is not first[1]


def test_one_that_moved_on_meanwhile_is_not_what_was_asked_for(tmp_path: Path) -> None:
    app = App(make_checkout(tmp_path), {}, RecordedWorld(git_answers()))
    assert app.facts.commit == COMMIT
    app.runner = RecordedWorld(git_answers("feature-x")).local(tmp_path, {}, app.masker)
    with pytest.raises(UsageError, match="the checkout moved on while this waited") as refused:
        app.look_again()
    assert "was main at" in refused.value.cause
    assert "is feature-x at" in refused.value.cause
