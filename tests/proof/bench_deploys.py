"""Deploys beside plain Compose, in one run; writes docs/performance.md."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from yard.bench import Raw, Series, timed
from yard.pages import time_page

if TYPE_CHECKING:
    from yard.checkout import Yard

_ROUNDS = int(os.environ.get("ROUNDS", "5"))


def test_deploys_take_no_longer_than_they_may(yard: Yard) -> None:
    raw = Series("raw: pull && up --force-recreate --wait")
    recreate = Series("deploy --strategy recreate", 1.15, relative=True)
    rolling = Series("deploy (rolling)", 1.25, relative=True)
    migrating = Series("deploy (rolling) with a migration and the backup before it")
    nothing = Series("deploy of what runs", 2)
    rollback = Series("rollback", 10)
    for kind in ("one", "two"):
        yard.deploy(yard.release(kind, f"still-{kind}-0"))
    by_hand = Raw(yard, ("still-one-0", "still-two-0"))
    by_hand.deploy("still-two-0")
    for number in range(_ROUNDS):
        one, two = (yard.release(kind, f"still-{kind}-{number + 1}") for kind in ("one", "two"))
        raw.seconds.append(by_hand.deploy(("still-one-0", "still-two-0")[number % 2]))
        timed(yard, recreate, "deploy", "--release", one, "--strategy", "recreate")
        timed(yard, rolling, "deploy", "--release", two)
        timed(yard, nothing, "deploy", "--release", two)
        timed(yard, rollback, "rollback")
    by_hand.remove()
    # Afterwards: what follows a migration asks for pending ones, which plain Compose does not.
    for number in range(_ROUNDS):
        timed(yard, migrating, "deploy", "--release", yard.release(("one", "two")[number % 2]))
    every = (raw, recreate, rolling, nothing, rollback, migrating)
    time_page(every, _ROUNDS)
    missed = [series for series in every if series.missed(raw.median)]
    assert not missed, "\n".join(line for series in missed for line in (series.row(raw.median), *series.phases()))
