"""Images that were built anew though their immutable tag is taken: the same digest, or nothing is published."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from shiplane.commands import engine, image
from shiplane.errors import OtherDigest, StepFailed
from shiplane.pipeline.execute import run_checked
from shiplane.planning.images import production_tag

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from shiplane.facts.checkout import CheckoutFacts
    from shiplane.model import Image
    from shiplane.pipeline.registry import Registry
    from shiplane.runners.base import Cancel, Runner


def compare(  # noqa: PLR0913 - what is compared with what, each by name
    runner: Runner,
    registry: Registry,
    there: Mapping[str, Image],
    facts: CheckoutFacts,
    say: Callable[[str], None],
    cancel: Cancel | None,
) -> None:
    """Compare what was built with what the registry holds of this commit; raises `OtherDigest`."""
    for name, held in there.items():
        made = _digest(runner, registry, production_tag(name, facts), held, say, cancel)
        if made != held.digest:
            raise OtherDigest(held.reference, held.digest, made)
        say(f"{held.reference}: built anew, and it is {made} again")


def _digest(  # noqa: PLR0913 - see compare()
    runner: Runner,
    registry: Registry,
    local: str,
    held: Image,
    say: Callable[[str], None],
    cancel: Cancel | None,
) -> str:
    """Give the digest of a local image; the classic store learns it by a push, under a tag that nothing else has."""
    asked = runner.run(image.digests(local), cancel=cancel)
    if not asked.ok:
        raise StepFailed(f"image {local} is not in the engine", "build it: invoke build", asked.tail())
    known = dict(each.rsplit("@", 1) for each in json.loads(asked.stdout or "[]") or ())
    repository, _, tag = held.reference.rpartition(":")
    for name in (local.partition(":")[0], repository):
        if name in known:
            return str(known[name])
    aside = f"{repository}:rebuilt-{tag}"
    run_checked(runner, engine.tag(local, aside), "naming the image", say, cancel)
    registry.push(aside)
    return registry.digest(aside) or "unknown"
