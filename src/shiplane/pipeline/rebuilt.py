"""Images that were built anew though their immutable tag is taken: the same, or nothing is published."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from shiplane.commands import engine, image
from shiplane.errors import OtherDigest, StepFailed
from shiplane.facts.saved import Saved
from shiplane.pipeline.execute import run_checked
from shiplane.planning.images import production_tag
from shiplane.runners import temporary
from shiplane.runners.base import Bound

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from shiplane.facts.checkout import CheckoutFacts
    from shiplane.model import Image
    from shiplane.pipeline.registry import Registry
    from shiplane.runners.base import Cancel, Runner


@dataclass(frozen=True, slots=True)
class _Content:
    """Hold the digests of an image's manifests, one a platform, and what each is made of; `digest` is of the whole."""

    digest: str
    manifests: Mapping[str, tuple[str, ...]]

    @property
    def told(self) -> str:
        """Name it: attestations, which differ with every build, are in no digest of a manifest."""
        return ", ".join(self.manifests) or self.digest

    def same_as(self, other: _Content) -> bool:
        """Tell whether both are the same images: of the same settings, which name every layer by what is in it.

        Layers that were packed by another program, as by a builder of its own and by the engine, have other digests.
        """
        mine, others = (sorted(parts[:1] for parts in each.manifests.values()) for each in (self, other))
        return self.digest == other.digest or (mine == others and all(mine) and bool(mine))


def compare(  # noqa: PLR0913 - what is compared with what, each by name
    runner: Runner,
    registry: Registry,
    there: Mapping[str, Image],
    facts: CheckoutFacts,
    say: Callable[[str], None],
    cancel: Cancel | None,
) -> None:
    """Compare what was built with what the registry holds of this commit; raises `OtherDigest`."""
    bound = Bound(runner, cancel) if cancel else runner
    for name, held in there.items():
        made = _made(bound, registry, production_tag(name, facts), held, say)
        if made.digest != held.digest:
            published = _Content(held.digest, registry.parts(held.pinned))
            if not made.same_as(published):
                raise OtherDigest(held.reference, published.told, made.told)
        say(f"{held.reference}: built anew, and it is {made.told} again")


def _made(runner: Runner, registry: Registry, local: str, held: Image, say: Callable[[str], None]) -> _Content:
    """Look at a local image; the classic store learns its digest by a push, under a tag that nothing else has."""
    asked = runner.run(image.digests(local))
    if not asked.ok:
        raise StepFailed(f"image {local} is not in the engine", "build it: invoke build", asked.tail())
    known = dict(each.rsplit("@", 1) for each in json.loads(asked.stdout or "[]") or ())
    repository, _, tag = held.reference.rpartition(":")
    own = local.partition(":")[0]
    if held.digest in (known.get(own), known.get(repository)):
        return _Content(held.digest, {})
    if own in known:
        return _saved(runner, local, known[own], say)
    aside = f"{repository}:rebuilt-{tag}"
    run_checked(runner, engine.tag(local, aside), "naming the image", say, None)
    registry.push(aside)
    digest = registry.digest(aside) or "unknown"
    return _Content(digest, registry.parts(f"{repository}@{digest}"))


def _saved(runner: Runner, local: str, digest: str, say: Callable[[str], None]) -> _Content:
    """Read the manifests of an image out of containerd's store, where they are what a push would send."""
    with temporary.folder("rebuilt") as place:
        file = place / "image.tar"
        run_checked(runner, image.save(local, str(file)), "saving the image", say, None)
        with Saved(file) as saved:
            return _Content(digest, saved.manifests())
