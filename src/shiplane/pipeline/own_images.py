"""The images that this checkout has built: they stay its own while another one builds under the same first names."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from shiplane.commands import engine
from shiplane.model.identity import checkout_id
from shiplane.planning.naming import own_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from shiplane.runners.base import Runner


def image_ids(runner: Runner, references: Iterable[str]) -> dict[str, str]:
    """Ask the engine for the ids of local images; those that are not there are left out."""
    wanted = tuple(references)
    if not wanted:
        return {}
    rows = (line.partition("\t") for line in runner.run(engine.image_ids(wanted)).stdout.splitlines())
    found = {name: image for image, _, names in rows if names for name in json.loads(names) or ()}
    return {name: found[name] for name in wanted if name in found}


def ids(runner: Runner, checkout: Path, names: Iterable[str]) -> dict[str, str]:
    """Give the ids of what a checkout built last, by first names."""
    first, own = _survey(runner, checkout, names)
    return first | own


def lost(runner: Runner, checkout: Path, made: Mapping[str, str]) -> list[str]:
    """Name those of the images that a checkout made (ids by first names) that are not in the engine any more.

    One whose first name is another checkout's by now is still there; one that has lost it was removed by somebody.
    """
    return _lost(made, *_survey(runner, checkout, made))


def claim(runner: Runner, checkout: Path, made: Mapping[str, str]) -> list[str]:
    """Do the same, and where none is lost let the first names be this checkout's again."""
    first, own = _survey(runner, checkout, made)
    gone = _lost(made, first, own)
    for name, image in made.items():
        if not gone and first[name] != image:
            runner.run(engine.tag(own_name(name, checkout_id(checkout)), name))
    return gone


def _survey(runner: Runner, checkout: Path, names: Iterable[str]) -> tuple[dict[str, str], dict[str, str]]:
    """Give ids by first names: of what these name now, and of what the checkout's own names do."""
    second = {name: own_name(name, checkout_id(checkout)) for name in names}
    found = image_ids(runner, (*second.values(), *second))
    own = {name: found[other] for name, other in second.items() if other in found}
    return {name: found[name] for name in second if name in found}, own


def _lost(made: Mapping[str, str], first: Mapping[str, str], own: Mapping[str, str]) -> list[str]:
    return [name for name, image in made.items() if name not in first or image not in (first[name], own.get(name))]
