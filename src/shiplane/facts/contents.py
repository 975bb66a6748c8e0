"""What the layers of an image above its base hold: sizes, unwanted files, secrets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from re import Pattern

    from shiplane.facts.saved import Saved

_CHUNK = 4 << 20


@dataclass(frozen=True, slots=True)
class Contents:
    """Hold what was found; sizes are in bytes, `layers` pair the order that made one with its size.

    `unwanted` are paths, `secrets` pair the name of one with the place where it stands.
    """

    user: str
    layers: tuple[tuple[str, int], ...]
    files: Mapping[str, int]
    unwanted: tuple[str, ...]
    secrets: tuple[tuple[str, str], ...]

    @property
    def size(self) -> int:
        """Give the size above the base."""
        return sum(size for _, size in self.layers)


def survey(saved: Saved, base_layers: int, unwanted: Pattern[str], needles: Mapping[str, Sequence[bytes]]) -> Contents:
    """Read the layers above the first `base_layers`; `needles` are the forms of secrets by their names."""
    layers, files, found = [], dict[str, int](), list[str]()
    secrets = [(name, "its history or settings") for name in _held(str(saved.config).encode(), needles)]
    for number, layer in enumerate(saved.layers[base_layers:], start=base_layers + 1):
        size = 0
        for name, member, content in saved.walk(layer):
            size += member.size
            found += [name] if unwanted.fullmatch(name) and not member.isdir() else []
            if content is not None:
                files[name] = member.size
                place = f"layer {number} ({layer.made_by}): {name}"
                secrets += [(secret, place) for secret in _in_file(content, needles)]
        layers.append((layer.made_by, size))
    user = str(saved.config.get("config", {}).get("User", ""))
    return Contents(user, tuple(layers), files, tuple(sorted(found)), tuple(dict.fromkeys(secrets)))


def _in_file(content: IO[bytes], needles: Mapping[str, Sequence[bytes]]) -> set[str]:
    """Look through a file piece by piece; what stands across the end of one is found too."""
    longest = max((len(form) for forms in needles.values() for form in forms), default=0)
    found: set[str] = set()
    rest = b""
    while needles and (chunk := content.read(_CHUNK)):
        found |= _held(rest + chunk, needles)
        rest = chunk[-longest:]
    return found


def _held(data: bytes, needles: Mapping[str, Sequence[bytes]]) -> set[str]:
    return {name for name, forms in needles.items() if any(form in data for form in forms)}
