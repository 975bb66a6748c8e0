"""Building the images beside a plain `docker build` of the same Dockerfiles, in one run; writes docs/performance.md."""

from __future__ import annotations

import os
import re
from functools import partial
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
NOTHING, WARM = "nothing", "nothing, from the registry's caches alone"
LINES = {name: f"a line of the {name}" for name in ("frontend", "backend")}
PACKAGES = ("npm ci", "pip install")
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


def change(clone: Clone, component: str, number: int) -> None:
    def frontend(folder: Path) -> None:
        file = folder / "frontend/src/components/Footer.tsx"
        file.write_text(re.sub(r"(\(\d+\) )?under", f"({number}) under", file.read_text(), count=1))

    def backend(folder: Path) -> None:
        file = folder / "backend/health/views.py"
        file.write_text(re.sub(r"status for deploys[^.]*", f"status for deploys ({number})", file.read_text(), count=1))

    clone.commit(f"Change {LINES[component]}", {"frontend": frontend, "backend": backend}[component])


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
    sizes = shipped_sizes(clone)
    moved = {name: max(move(clone, name, number) for number in range(min(_ROUNDS, 3))) for name in LINES}
    of_cold = dict.fromkeys(LINES.values(), _CHANGED * fastest(found["cold"][0]))
    missed = images_page(found, {**LIMITS, **of_cold}, sizes, moved)
    for name, line in LINES.items():
        changed = found[line][0]
        assert {built for one in changed for built in one.components()} == {name}
        assert not any(word in text for one in changed for _, text in one.steps for word in PACKAGES)
    assert not [name for name, size in sizes.items() if size > MEGABYTES[name]], sizes
    assert max(moved.values()) < MOVED_BYTES, moved
    assert not missed, missed


def cases(clone: Clone, which: int) -> list[tuple[str, int, Callable[[int], None]]]:
    """Give what is built, how often, and what happens before each time."""

    def edit(component: str, number: int) -> None:
        change(clone, component, 100 * (which + 1) + number)

    return [
        ("cold", 1, lambda _number: None),
        (NOTHING, _ROUNDS, lambda _number: None),
        *((line, _ROUNDS, partial(edit, name)) for name, line in LINES.items()),
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


def move(clone: Clone, component: str, number: int) -> int:
    """Change a line, publish, deploy; give the bytes that reached the server, images and all else."""
    change(clone, component, 900 + number)
    clone.invoke("publish", "--plain")
    servers = Servers(clone)
    before = servers.received("staging")
    clone.invoke("deploy", "--env", "staging", "--plain")
    return servers.received("staging") - before
