"""Building the images beside a plain `docker build` of the same Dockerfiles, in one run; writes docs/performance.md."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

import pytest

from helpers.clone import Clone
from helpers.processes import kill_all_in
from helpers.servers import Servers
from yard.builds import Built, by_shiplane, plainly
from yard.pages import images_page
from yard.pipelines import forget_builds

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

_ROUNDS = int(os.environ.get("ROUNDS", "5"))
_CHANGED = 0.25
NOTHING, WARM, LINE = "nothing", "nothing, from the registry's caches alone", "a line of the frontend"
LIMITS = {NOTHING: 2.0, WARM: 15.0}
MEGABYTES = {"backend": 110.0, "frontend": 20.0}
MOVED_BYTES = 1_000_000
CACHES = {"SHIPLANE_SET_CACHE__TARGETS": "lab"}
_SIZE = re.compile(r"(\w+):\S+: ([0-9.]+) MB above its base")


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Clone]:
    """Give a clone with a lab, which goes in the end."""
    made = Clone.make(tmp_path_factory.mktemp("images") / "shop")
    try:
        made.invoke("lab.up")
        yield made
    finally:
        kill_all_in(made.folder)
        made.start("invoke", "lab.down").finish()


def change(clone: Clone, number: int) -> None:
    def edit(folder: Path) -> None:
        file = folder / "frontend/src/components/Footer.tsx"
        file.write_text(re.sub(r"(\(\d+\) )?under", f"({number}) under", file.read_text(), count=1))

    clone.commit("Change a line of the frontend", edit)


def test_builds_take_no_longer_than_they_may(clone: Clone) -> None:
    found: dict[str, tuple[list[Built], list[Built]]] = {}
    for which, build in enumerate((by_shiplane, plainly)):
        forget_builds()
        for name, times, before in cases(clone, which):
            kept = found.setdefault(name, ([], []))
            for number in range(times):
                before(number)
                kept[which].append(build(clone))
    ship(clone)
    for _ in range(min(_ROUNDS, 3)):
        forget_builds()
        found.setdefault(WARM, ([], []))[0].append(by_shiplane(clone, CACHES))
    changed = found[LINE][0]
    sizes = shipped_sizes(clone)
    moved = [move(clone, number) for number in range(min(_ROUNDS, 3))]
    missed = images_page(found, {**LIMITS, LINE: _CHANGED * fastest(found["cold"][0])}, sizes, moved)
    assert {name for one in changed for name in one.components()} == {"frontend"}
    assert not any("npm ci" in text for one in changed for _, text in one.steps)
    assert not [name for name, size in sizes.items() if size > MEGABYTES[name]], sizes
    assert max(moved) < MOVED_BYTES
    assert not missed, missed


def cases(clone: Clone, which: int) -> list[tuple[str, int, Callable[[int], None]]]:
    """Give what is built, how often, and what happens before each time."""
    base = 100 * (which + 1)
    return [
        ("cold", 1, lambda _number: None),
        (NOTHING, _ROUNDS, lambda _number: None),
        (LINE, _ROUNDS, lambda number: change(clone, base + number)),
    ]


def fastest(built: list[Built]) -> float:
    return min(one.seconds for one in built)


def ship(clone: Clone) -> None:
    """Leave in the registry what a run of main leaves there, and let staging serve it."""
    clone.invoke("pipeline", "--event", "push", "--branch", "main", "--only", "build", "--plain", environ=CACHES)
    clone.invoke("publish", "--plain", environ=CACHES)
    clone.invoke("deploy", "--env", "staging", "--plain")


def shipped_sizes(clone: Clone) -> dict[str, float]:
    """Give what the run that published said of the images, in MB above their base."""
    [log] = list(clone.runs.glob("*/logs/publish.images.log"))
    return {name: float(size) for name, size in _SIZE.findall(log.read_text(encoding="utf-8"))}


def move(clone: Clone, number: int) -> int:
    """Change a line, publish, deploy; give the bytes that reached the server, images and all else."""
    change(clone, 900 + number)
    clone.invoke("publish", "--plain")
    servers = Servers(clone)
    before = servers.received("staging")
    clone.invoke("deploy", "--env", "staging", "--plain")
    return servers.received("staging") - before
