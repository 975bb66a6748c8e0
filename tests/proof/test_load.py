"""Requests go on through deploys, and none of them fails; `nox -s proof` does it with twenty deploys."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from yard import load

if TYPE_CHECKING:
    from pathlib import Path

    from yard.checkout import Yard


@pytest.mark.alone
@pytest.mark.timeout(1200)
def test_no_request_fails_while_releases_change(yard: Yard, tmp_path: Path) -> None:
    yard.deploy(yard.release("one"))
    actions = [
        *load.deploys(yard, 3, proxy_at=2),
        load.deploy(yard, "unhealthy", proxy=True, name="deploy whose health gate fails", code=6),
        load.rollback(yard),
    ]
    played = load.play(load.small_mix(yard, 1100), actions, tmp_path)
    print(played.story())  # noqa: T201 - what was measured belongs to the test's report
    load.check(played, yard.rows(), least=int(20 * load.RATE))
    assert (yard.serves() or "").startswith("one"), "the rollback went back"
    assert played.told.pages >= 2, "pages of both versions were opened"
