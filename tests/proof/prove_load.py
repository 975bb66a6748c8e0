"""Twenty deploys of the board under load; writes docs/reliability.md."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from yard import load
from yard.board import BoardYard
from yard.pages import load_page

if TYPE_CHECKING:
    from pathlib import Path

_DEPLOYS = int(os.environ.get("DEPLOYS", "20"))


@pytest.mark.timeout(7200)
def test_no_request_fails_through_twenty_deploys_of_the_board(tmp_path: Path) -> None:
    folder = tmp_path / "board"
    try:
        yard = BoardYard.make(folder)
        yard.deploy(yard.release("one"))
        actions = load.deploys(yard, _DEPLOYS, proxy_at=_DEPLOYS // 2)
        broken = load.deploy(yard, "unhealthy", proxy=True, name="deploy whose health gate fails", code=6)
        played = load.play(yard.wanted(6000), [*actions, broken, load.rollback(yard)], tmp_path / "load")
        print(played.story(), flush=True)  # noqa: T201 - an hour's measurements
        load_page(played, "The board")
        load.check(played, yard.rows(), least=int(_DEPLOYS * 3 * load.RATE))
    finally:
        BoardYard.remove(folder)
