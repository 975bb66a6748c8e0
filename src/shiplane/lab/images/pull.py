"""Official images, pulled where a registry answers."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from shiplane.errors import TimeLimit
from shiplane.lab.engine import docker
from shiplane.runners.base import Cancel

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from shiplane.runners.base import Runner

_FIRST_ANSWER_SECONDS = 10.0
_PULL_SECONDS = 300.0


def pull_what_can_be(runner: Runner, names: Sequence[str], report: Callable[[str], None]) -> tuple[str, ...]:
    """Pull the images and give those that came; where the first gets no answer, none is tried further."""
    if not names or not pull(runner, names[0]):
        return ()
    report(f"{names[0]}: pulled")
    with ThreadPoolExecutor(len(names)) as pool:
        came = dict(zip(names[1:], pool.map(lambda name: pull(runner, name), names[1:]), strict=True))
    for name, ok in came.items():
        report(f"{name}: {'pulled' if ok else 'cannot be pulled'}")
    return (names[0], *(name for name, ok in came.items() if ok))


def pull(runner: Runner, name: str) -> bool:
    """Pull one image; a registry that is silent for too long counts as none."""
    cancel = Cancel()
    silence = TimeLimit(f"the first answer for {name}", _FIRST_ANSWER_SECONDS)
    timer = threading.Timer(_FIRST_ANSWER_SECONDS, cancel.set, (silence,))
    timer.start()
    try:
        done = runner.run(docker("pull", name, timeout=_PULL_SECONDS), on_line=lambda _: timer.cancel(), cancel=cancel)
    except TimeLimit:
        return False
    finally:
        timer.cancel()
    return done.ok
