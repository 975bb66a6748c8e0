"""Bring the base images that are missing, by the shortest way that works here."""

from __future__ import annotations

import datetime as dt
import os
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from shiplane.commands.engine import RECIPE_LABEL, STAND_IN_LABEL
from shiplane.lab.engine import Engine
from shiplane.lab.images.build import Workshop, make_all, make_generator
from shiplane.lab.images.catalogue import (
    BASE_IMAGES,
    OFFICIAL_NAMES,
    ROOT_IMAGE,
    generator_reference,
    recipe,
    server_reference,
)
from shiplane.lab.images.pull import pull_what_can_be
from shiplane.runners import locks, temporary

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from shiplane.lab.engine import LocalImage
    from shiplane.runners.base import Runner

_PAUSE_SECONDS = 1.0


def ensure_images(runner: Runner, report: Callable[[str], None]) -> tuple[str, ...]:
    """Bring every base image and the servers' image into the engine; give the names that were missing.

    An image that the engine holds is used as it is, but for a stand-in that is made in another way by now; else it is
    pulled; else a stand-in is made. Commands of a user do so one after the other: the second one finds them.
    """
    engine = Engine(runner)
    engine.require()
    _, missing = _look(engine)
    if not missing:
        return ()
    with _alone(engine, report):
        return _bring(engine, report)


@contextmanager
def _alone(engine: Engine, report: Callable[[str], None]) -> Iterator[None]:
    def pause() -> None:
        engine.ask("version")  # which ends where the command was cancelled
        time.sleep(_PAUSE_SECONDS)

    folder = locks.user_folder(os.environ, "images")
    if folder is None:
        yield
        return
    with locks.held_in_turn(folder / "lock", lambda: report("waiting for another command that makes them"), pause):
        yield


def _look(engine: Engine) -> tuple[Mapping[str, LocalImage], list[str]]:
    """Give what the engine holds, and the names that are missing or stale."""
    server = server_reference()
    held = engine.images([*OFFICIAL_NAMES, ROOT_IMAGE, server])
    stale = outdated(held)
    return held, [name for name in (*OFFICIAL_NAMES, server) if name not in held or name in stale]


def _bring(engine: Engine, report: Callable[[str], None]) -> tuple[str, ...]:
    held, missing = _look(engine)
    if not missing:
        return ()
    runner, server = engine.runner, server_reference()
    to_pull = [name for name in (*OFFICIAL_NAMES, ROOT_IMAGE) if name not in held]
    pulled = pull_what_can_be(runner, to_pull, report)
    stand_ins = [image for image in BASE_IMAGES if image.name in missing and image.name not in pulled]
    if len(pulled) < len(to_pull):
        report("no registry has what is missing: making stand-ins from distribution packages")
    with temporary.folder("images") as folder:
        today = dt.datetime.now(dt.UTC).date().isoformat()
        workshop = Workshop(engine, folder, today, report)
        root = ROOT_IMAGE not in held and ROOT_IMAGE not in pulled
        make_all(workshop, stand_ins, root=root, server=server in missing)
    return tuple(missing)


def ensure_generator(runner: Runner, report: Callable[[str], None]) -> str:
    """Make the image that writes bills of materials where the engine does not hold it, and name it."""
    engine, name = Engine(runner), generator_reference()
    if name not in engine.images([name]):
        with temporary.folder("images") as folder:
            make_generator(Workshop(engine, folder, "", report))
    return name


def outdated(held: Mapping[str, LocalImage]) -> set[str]:
    """Name the stand-ins among the images that are made in another way by now."""
    return {
        image.name
        for image in BASE_IMAGES
        if (labels := held[image.name].labels if image.name in held else {}).get(STAND_IN_LABEL)
        and labels.get(RECIPE_LABEL) != recipe(image.folder)
    }


def server_image() -> str:
    """Name the image of the stand-in servers."""
    return server_reference()


def stand_ins_used(runner: Runner) -> dict[str, str]:
    """Tell which official names stand for something else here, and for what, by their label."""
    held = Engine(runner).images(OFFICIAL_NAMES)
    return {name: image.labels[STAND_IN_LABEL] for name, image in held.items() if image.labels.get(STAND_IN_LABEL)}
