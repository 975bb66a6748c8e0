"""Looking at production images before they are published: user, secrets, what does not belong there, size."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from shiplane.commands import image
from shiplane.errors import ImageUnfit
from shiplane.facts import contents
from shiplane.facts.contents import Wanted
from shiplane.facts.saved import Saved
from shiplane.facts.secret_kinds import finder
from shiplane.pipeline.execute import run_checked
from shiplane.planning.keys import matcher
from shiplane.runners import temporary
from shiplane.runners.base import forms

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from shiplane.config import Component
    from shiplane.facts.contents import Contents
    from shiplane.facts.image_sizes import Sizes
    from shiplane.facts.saved import SavedImage
    from shiplane.model import Secret
    from shiplane.pipeline.released_sizes import Before, ReleasedSizes
    from shiplane.runners.base import Runner

    Say = Callable[[str], None]
    Scan = Callable[[str, Path], Iterable[str]]

_MB = 1_000_000
_NAMED = 5
# A shorter value stands in any image by chance.
_SHORTEST_SECRET = 8
_FRAME = re.compile(r"-----(BEGIN|END) [A-Z ]+-----\s*")
_ROOT = ("", "0", "root")


@dataclass(frozen=True, slots=True)
class _Made:
    """Hold what was found in an image that stands on `base` layers of others; `settings` is a digest.

    `name` is its tag, and its `platform` where there are several.
    """

    name: str
    platform: str
    held: Contents
    base: int
    settings: str
    vulnerable: tuple[str, ...]


def check(  # noqa: PLR0913 - what is looked at, and by what
    runner: Runner,
    tags: Mapping[str, str],
    components: Iterable[Component],
    bases: Sequence[str],
    secrets: Iterable[Secret],
    released: ReleasedSizes,
    say: Say,
    scan: Scan,
) -> None:
    """Look at the images `tags` of components; raises `ImageUnfit` with all that is wrong.

    `bases` are images that others may stand on, and `released` knows the sizes of the release before. `scan` gives the
    known vulnerabilities of an image by its archive. Of several platforms each has an image, which is looked at alone.
    """
    kinds = finder()
    needles = {secret.name: _forms(secret) for secret in secrets if len(secret.value) >= _SHORTEST_SECRET}
    below = [layers for base in bases if (layers := _layers(runner, base))]
    found: dict[str, tuple[str, ...]] = {}
    fit: list[_Made] = []
    for component in (each for each in components if each.name in tags):
        tag = tags[component.name]
        wanted = Wanted(matcher(component.unwanted), needles, kinds, matcher(component.not_scanned))
        images, found[tag] = _looked_at(runner, tag, below, wanted, scan, say)
        for made in images:
            count = partial(_base_layers_before, below, made.base)
            before = released.before(component.name, made.platform, count, say)
            say(f"{made.name}: {_told(made.held.sizes, before)}")
            found[made.name] = (*findings(made.held, component, before), *made.vulnerable)
        fit += images
    if any(found.values()):
        raise ImageUnfit({tag: listed for tag, listed in found.items() if listed})
    for made in fit:
        released.keep(made.settings, made.held.sizes, made.platform)


def findings(held: Contents, component: Component, before: Before | None) -> Iterator[str]:
    """Say what is wrong with an image; `before` is that of the release before."""
    if not component.root and held.user.partition(":")[0] in _ROOT:
        yield "it runs as root"
    for name, place in held.secrets:
        yield f"{name} stands in {place}"
    for path in held.unwanted:
        yield f"{path} does not belong in production"
    total = held.sizes.total
    over = total - component.budget_mb * _MB
    if component.budget_mb and over > 0:
        yield f"{_mb(total)} above its base, {_mb(over)} over budget; {_grown(held.sizes, before)}"


def base_layers(layers: Sequence[str], bases: Iterable[Sequence[str]]) -> int:
    """Count the layers that are the base's: those of the largest base that an image begins with."""
    return max((len(base) for base in bases if list(layers[: len(base)]) == list(base)), default=0)


def platform_bases(images: Sequence[SavedImage], bases: Sequence[Sequence[str]]) -> list[int]:
    """Count the layers of the base in the image of each platform.

    The engine holds the base of its own platform alone. The same orders on the same base make as many layers on
    another; where they made more or fewer, the base is not known, and all layers are the image's own.
    """
    own = [base_layers(each.diff_ids, bases) for each in images]
    known = max(own)
    layers = len(images[own.index(known)].layers)
    return [count or (known if len(each.layers) == layers else 0) for count, each in zip(own, images, strict=True)]


def _base_layers_before(below: Sequence[Sequence[str]], now: int, layers: Sequence[str]) -> int:
    """Count those of an image from before; a base that is not here any more had as many as the one of now."""
    return base_layers(layers, below) or now


def _looked_at(  # noqa: PLR0913 - see check()
    runner: Runner, tag: str, below: Sequence[Sequence[str]], wanted: Wanted, scan: Scan, say: Say
) -> tuple[list[_Made], tuple[str, ...]]:
    """Look at the image of each platform; what cannot be looked at is a finding."""
    with temporary.folder("images") as place:
        file = place / "image.tar"
        run_checked(runner, image.save(tag, str(file)), "saving the image", say, None)
        with Saved(file) as saved:
            made = []
            for each, base in zip(saved.images, platform_bases(saved.images, below), strict=True):
                name, archive = tag, file
                if each.platform:  # a scanner reads the first image of an archive
                    name, archive = f"{tag} ({each.platform})", place / "platform.tar"
                    each.write(archive)
                held = contents.survey(each, base, wanted)
                made.append(_Made(name, each.platform, held, base, each.settings, tuple(scan(name, archive))))
            return made, tuple(f"the engine has no image for {each} that can be looked at" for each in saved.absent)


def _layers(runner: Runner, reference: str) -> list[str]:
    """Ask for the layers of a local image; none where it is not there."""
    done = runner.run(image.layers(reference))
    return list(json.loads(done.stdout or "null") or ()) if done.ok else []


def _forms(secret: Secret) -> list[bytes]:
    """Give the texts to look for; the first line of a key is every key's."""
    long = (form for form in forms(secret.value) if len(form) >= _SHORTEST_SECRET)
    return [form.encode(errors="surrogateescape") for form in long if not _FRAME.fullmatch(form)]


def _told(now: Sizes, before: Before | None) -> str:
    """Tell the size of an image and of each layer, and by how much they changed."""
    layers = [_mb(size) for _, size in now.layers]
    if before is None:
        return f"{_mb(now.total)} above its base: {', '.join(layers)}"
    changes = now.changes_since(before.sizes)
    told = (f"{size}{_changed(change)}" for size, change in zip(layers, changes, strict=True))
    since = f"({_more(now.total - before.sizes.total)} since the last of {before.branch})"
    return f"{_mb(now.total)} above its base {since}: {', '.join(told)}"


def _changed(change: int | None) -> str:
    if change is None:
        return " (new)"
    return "" if _mb(abs(change)) == _mb(0) else f" ({_more(change)})"


def _grown(now: Sizes, before: Before | None) -> str:
    """Name the files that grew most; where none did, or there is nothing to compare with, the largest."""
    grown = now.grown_since(before.sizes) if before else {}
    if before and grown:
        return f"since the last of {before.branch}: {', '.join(f'{name} {_more(grown[name])}' for name in _few(grown))}"
    largest = now.largest()
    return f"the largest: {', '.join(f'{name} {_mb(largest[name])}' for name in _few(largest))}"


def _few(files: Mapping[str, int]) -> list[str]:
    return list(files)[:_NAMED]


def _more(size: int) -> str:
    less = size < 0 and _mb(-size) != _mb(0)
    return f"{'-' if less else '+'}{_mb(abs(size))}"


def _mb(size: int) -> str:
    return f"{size / _MB:.1f} MB"
