"""The whole pipeline beside the same steps as plain bash, in one run; writes docs/performance.md."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from helpers.clone import Clone
from helpers.processes import kill_all_in
from yard.pages import pipeline_page
from yard.pipelines import ByShiplane, BySteps, Shipped, Way, forget_builds

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_ROUNDS = int(os.environ.get("ROUNDS", "1"))
LIMITS = {"cold": 0.8, "a line of the frontend": 0.3, "nothing": 0.03}
_UNCHANGED_SECONDS = 5.0


@pytest.fixture(scope="module")
def clones(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Clone, Clone]]:
    """Give two clones of the same commit; their labs go in the end."""
    made = [Clone.make(tmp_path_factory.mktemp(name) / name) for name in ("shiplane", "sequential")]
    try:
        yield made[0], made[1]
    finally:
        for clone in made:
            kill_all_in(clone.folder)
            clone.start("invoke", "lab.down").finish()


def alone(one: Way, other: Way) -> Shipped:
    """Ship by one way while the other's servers rest."""
    other.rest()
    one.wake()
    return one.ship()


def change(clone: Clone, number: int) -> None:
    def edit(folder: Path) -> None:
        file = folder / "frontend/src/components/Footer.tsx"
        file.write_text(file.read_text().replace("Data under", f"Data ({number}) under", 1))

    clone.commit("Change a line of the frontend", edit)


def test_the_pipeline_takes_no_longer_than_it_may(clones: tuple[Clone, Clone]) -> None:
    ours, plain = ByShiplane(clones[0]), BySteps(clones[1])
    found: dict[str, list[tuple[Shipped, Shipped]]] = {name: [] for name in LIMITS}
    for number in range(_ROUNDS):
        cold = []
        # The script first: it makes no SBOM, whose build the builder does not forget.
        for one, other in ((plain, ours), (ours, plain)):
            forget_builds()
            if number:
                one.clone.git("commit", "--quiet", "--allow-empty", "--message", "Again")
            cold.append(alone(one, other))
        found["cold"].append((cold[1], cold[0]))
        for which, one in enumerate((ours, plain)):
            # Another line each: both have one builder, and the second would find what the first has built.
            change(one.clone, 2 * number + which)
        found["a line of the frontend"].append((alone(ours, plain), alone(plain, ours)))
        found["nothing"].append((alone(ours, plain), alone(plain, ours)))
    missed = pipeline_page(found, LIMITS)
    fastest = min(pair[0].seconds for pair in found["nothing"])
    assert not missed, missed
    assert fastest <= _UNCHANGED_SECONDS
