"""What the layers of an image above its base hold: sizes, unwanted files, secrets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import IO, TYPE_CHECKING

from shiplane.facts import image_sizes

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from re import Pattern
    from tarfile import TarInfo

    from shiplane.facts.image_sizes import Sizes
    from shiplane.facts.saved import SavedImage

_CHUNK = 4 << 20
# More than tokens of services are long.
_TOKEN = 4096


@dataclass(frozen=True, slots=True)
class Contents:
    """Hold what was found: `unwanted` are paths, `secrets` pair the name of one with the place where it stands."""

    user: str
    sizes: Sizes
    unwanted: tuple[str, ...]
    secrets: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Wanted:
    """Say what is looked for: `needles` are the forms of secrets by their names.

    `kinds` names secrets, whosever they are, in a piece of a file; files that match `spared` are not shown to it.
    """

    unwanted: Pattern[str]
    needles: Mapping[str, Sequence[bytes]]
    kinds: Callable[[bytes], set[str]]
    spared: Pattern[str]

    def secrets(self, data: bytes, *, spared: bool = False) -> set[str]:
        """Name the secrets in a piece."""
        known = {name for name, forms in self.needles.items() if any(form in data for form in forms)}
        return known if spared else known | self.kinds(data)

    @property
    def longest(self) -> int:
        """Give the size of the longest that can stand across two pieces."""
        return max((len(form) for forms in self.needles.values() for form in forms), default=0)


def survey(saved: SavedImage, base_layers: int, wanted: Wanted) -> Contents:
    """Read the layers above the first `base_layers`."""
    found = list[str]()
    secrets = [(name, "its history or settings") for name in sorted(wanted.secrets(str(saved.config).encode()))]

    def look(place: str, name: str, member: TarInfo, content: IO[bytes] | None) -> None:
        if wanted.unwanted.fullmatch(name) and not member.isdir():
            found.append(name)
        if content is not None:
            secrets.extend((secret, place) for secret in sorted(_in_file(content, name, wanted)))

    sizes = image_sizes.survey(saved, base_layers, look)
    user = str(saved.config.get("config", {}).get("User", ""))
    return Contents(user, sizes, tuple(sorted(found)), tuple(dict.fromkeys(secrets)))


def _in_file(content: IO[bytes], name: str, wanted: Wanted) -> set[str]:
    """Look through a file piece by piece; what stands across the end of one is found too."""
    found: set[str] = set()
    spared = bool(wanted.spared.fullmatch(name))
    rest = b""
    while chunk := content.read(_CHUNK):
        found |= wanted.secrets(rest + chunk, spared=spared)
        rest = chunk[-max(wanted.longest, _TOKEN) :]
    return found
