"""How large an image is above its base, layer by layer and file by file, in bytes."""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from tarfile import TarInfo

    from shiplane.facts.saved import SavedImage

    Look = Callable[[str, str, TarInfo, IO[bytes] | None], None]

# Build arguments stand before an order, and most of them change with every commit.
_ARGUMENTS = re.compile(r"^RUN \|[0-9]+ .*? (?=/bin/)")


@dataclass(frozen=True, slots=True)
class Sizes:
    """Hold sizes: `layers` pair the order that made one with its size, the lowest first; `files` are by path."""

    layers: tuple[tuple[str, int], ...]
    files: Mapping[str, int]

    @property
    def total(self) -> int:
        """Give the size of all layers."""
        return sum(size for _, size in self.layers)

    def grown_since(self, before: Sizes) -> dict[str, int]:
        """Give the files that grew, and by how much, the most first."""
        growth = {name: size - before.files.get(name, 0) for name, size in self.files.items()}
        return {name: more for name, more in sorted(growth.items(), key=_most) if more > 0}

    def largest(self) -> dict[str, int]:
        """Give the files by their sizes, the largest first."""
        return dict(sorted(self.files.items(), key=_most))

    def changes_since(self, before: Sizes) -> tuple[int | None, ...]:
        """Give for each layer by how much it grew; None for one that had no like before."""
        mine, others = ([_order(made_by) for made_by, _ in each.layers] for each in (self, before))
        found: list[int | None] = [None] * len(mine)
        matcher = difflib.SequenceMatcher(None, others, mine, autojunk=False)
        for _, other, other_end, own, own_end in matcher.get_opcodes():
            # As many orders as were there before, if in other words, made the like of what those made.
            if other_end - other == own_end - own:
                pairs = zip(self.layers[own:own_end], before.layers[other:other_end], strict=True)
                found[own:own_end] = [size - size_before for (_, size), (_, size_before) in pairs]
        return tuple(found)

    def to_json(self) -> dict[str, Any]:
        """Give what `from_json` reads."""
        return {"layers": self.layers, "files": dict(self.files)}

    @classmethod
    def from_json(cls, data: Any) -> Sizes:  # noqa: ANN401 - JSON
        """Read what `to_json` gave; KeyError, TypeError or ValueError where it is something else."""
        layers = tuple((str(made_by), int(size)) for made_by, size in data["layers"])
        return cls(layers, {str(name): int(size) for name, size in dict(data["files"]).items()})


def survey(saved: SavedImage, base_layers: int, look: Look = lambda *_: None) -> Sizes:
    """Measure the layers above the first `base_layers`; `look` is shown each entry, with the place where it stands."""
    layers, files = [], dict[str, int]()
    for number, layer in enumerate(saved.layers[base_layers:], start=base_layers + 1):
        size = 0
        for name, member, content in saved.walk(layer):
            size += member.size
            if member.isfile():
                files[name] = member.size
            look(f"layer {number} ({layer.made_by}): {name}", name, member, content)
        layers.append((layer.made_by, size))
    return Sizes(tuple(layers), files)


def _order(made_by: str) -> str:
    return _ARGUMENTS.sub("RUN ", made_by)


def _most(pair: tuple[str, int]) -> tuple[int, str]:
    name, size = pair
    return -size, name
