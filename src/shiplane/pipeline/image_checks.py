"""Looking at production images before they are published: user, secrets, what does not belong there, size."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

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
    from shiplane.model import Secret
    from shiplane.runners.base import Runner

    Say = Callable[[str], None]
    Scan = Callable[[str, Path], Iterable[str]]

_MB = 1_000_000
_NAMED = 5
# A shorter value stands in any image by chance.
_SHORTEST_SECRET = 8
_FRAME = re.compile(r"-----(BEGIN|END) [A-Z ]+-----\s*")
_ROOT = ("", "0", "root")


def check(  # noqa: PLR0913 - what is looked at, and by what
    runner: Runner,
    tags: Mapping[str, str],
    components: Iterable[Component],
    bases: Sequence[str],
    secrets: Iterable[Secret],
    known: Path,
    say: Say,
    scan: Scan,
) -> None:
    """Look at the images `tags` of components; raises `ImageUnfit` with all that is wrong.

    `bases` are images that others may stand on, and `known` the folder with the sizes of the last that passed. `scan`
    gives the known vulnerabilities of an image by its archive.
    """
    kinds = finder()
    needles = {secret.name: _forms(secret) for secret in secrets if len(secret.value) >= _SHORTEST_SECRET}
    below = [layers for base in bases if (layers := _layers(runner, base))]
    found: dict[str, tuple[str, ...]] = {}
    sizes: dict[Path, str] = {}
    for component in (each for each in components if each.name in tags):
        tag, file = tags[component.name], known / f"{component.name}.json"
        wanted = Wanted(matcher(component.unwanted), needles, kinds, matcher(component.not_scanned))
        held, vulnerable = _looked_at(runner, tag, below, wanted, scan, say)
        before = _before(file)
        say(f"{tag}: {_told(held, before)}")
        found[tag] = (*findings(held, component, before), *vulnerable)
        sizes[file] = json.dumps(dict(held.files))
    if any(found.values()):
        raise ImageUnfit({tag: listed for tag, listed in found.items() if listed})
    for file, text in sizes.items():
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")


def findings(held: Contents, component: Component, before: Mapping[str, int]) -> Iterator[str]:
    """Say what is wrong with an image; `before` are the sizes of files in the last one that passed."""
    if not component.root and held.user.partition(":")[0] in _ROOT:
        yield "it runs as root"
    for name, place in held.secrets:
        yield f"{name} stands in {place}"
    for path in held.unwanted:
        yield f"{path} does not belong in production"
    over = held.size - component.budget_mb * _MB
    if component.budget_mb and over > 0:
        yield f"{_mb(held.size)} above its base, {_mb(over)} over budget: {', '.join(_grown(held.files, before))}"


def base_layers(layers: Sequence[str], bases: Iterable[Sequence[str]]) -> int:
    """Count the layers that are the base's: those of the largest base that an image begins with."""
    return max((len(base) for base in bases if list(layers[: len(base)]) == list(base)), default=0)


def _looked_at(  # noqa: PLR0913 - see check()
    runner: Runner, tag: str, below: Sequence[Sequence[str]], wanted: Wanted, scan: Scan, say: Say
) -> tuple[Contents, tuple[str, ...]]:
    with temporary.folder("images") as place:
        file = place / "image.tar"
        run_checked(runner, image.save(tag, str(file)), "saving the image", say, None)
        with Saved(file) as saved:
            own: Any = saved.config.get("rootfs", {}).get("diff_ids", ())
            held = contents.survey(saved, base_layers(own, below), wanted)
        return held, tuple(scan(tag, file))


def _layers(runner: Runner, reference: str) -> list[str]:
    """Ask for the layers of a local image; none where it is not there."""
    done = runner.run(image.layers(reference))
    return list(json.loads(done.stdout or "null") or ()) if done.ok else []


def _forms(secret: Secret) -> list[bytes]:
    """Give the texts to look for; the first line of a key is every key's."""
    long = (form for form in forms(secret.value) if len(form) >= _SHORTEST_SECRET)
    return [form.encode(errors="surrogateescape") for form in long if not _FRAME.fullmatch(form)]


def _before(file: Path) -> dict[str, int]:
    try:
        return dict(json.loads(file.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return {}


def _told(held: Contents, before: Mapping[str, int]) -> str:
    change = sum(held.files.values()) - sum(before.values())
    beside = f" ({'+' if change >= 0 else '-'}{_mb(abs(change))} since the last)" if before else ""
    return f"{_mb(held.size)} above its base{beside}: {', '.join(_mb(size) for _, size in held.layers)}"


def _grown(files: Mapping[str, int], before: Mapping[str, int]) -> Iterator[str]:
    """Name the files that grew most; without an earlier image the largest."""
    growth = {name: size - before.get(name, 0) for name, size in files.items()}
    largest = sorted((name for name in growth if growth[name] > 0), key=lambda name: (-growth[name], name))
    return (f"{name} +{_mb(growth[name])}" for name in largest[:_NAMED])


def _mb(size: int) -> str:
    return f"{size / _MB:.1f} MB"
