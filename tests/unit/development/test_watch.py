from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from shiplane.development.watch import Event, parse, watch
from shiplane.errors import Unreachable
from stacks import container, make_stack

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("line", "event"),
    [
        ("start\tdb\t", Event("db", "started", alert=False)),
        ("die\tdb\t0", Event("db", "ended with exit code 0", alert=False)),
        ("die\tdb\t143", Event("db", "ended with exit code 143", alert=False)),
        ("die\tdb\t137", Event("db", "ended with exit code 137", alert=True)),
        ("die\tdb\t", Event("db", "ended with exit code ?", alert=True)),
        ("oom\tdb\t", Event("db", "ran out of memory", alert=True)),
        ("health_status: healthy\tdb\t", Event("db", "is healthy", alert=False)),
        ("health_status: unhealthy\tdb\t", Event("db", "is unhealthy", alert=True)),
        ("health_status\tdb\t", None),
        ("warning: the engine is old", None),
    ],
)
def test_what_the_engine_tells(line: str, event: Event | None) -> None:
    assert parse(line) == event


def test_first_how_it_is_then_what_happens(tmp_path: Path) -> None:
    running = "\n".join((container("db"), container("redis", state="exited", ExitCode=3)))
    stack, _ = make_stack(tmp_path, running, [("docker events", "die\tdb\t137\nnothing of ours", 0)])
    seen: list[Event] = []
    with pytest.raises(Unreachable):
        watch(stack, seen.append)
    assert seen == [
        Event("db", "is healthy", alert=False),
        Event("redis", "does not run (exited, exit code 3)", alert=True),
        Event("db", "ended with exit code 137", alert=True),
    ]
