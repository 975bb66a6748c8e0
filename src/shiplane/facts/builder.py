"""What the builder in use can build."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from shiplane.commands import buildx, engine
from shiplane.errors import EngineMissing

if TYPE_CHECKING:
    from shiplane.runners.base import Runner

_FIELD = re.compile(r"^(Name|Driver|Platforms): +(.*)$", re.MULTILINE)
# The variants that a platform means without naming them.
_SAME = {"linux/arm64/v8": "linux/arm64", "linux/arm": "linux/arm/v7", "linux/amd64/v1": "linux/amd64"}


@dataclass(frozen=True, slots=True)
class Builder:
    """Tell a builder's name and its platforms; `keeps_many` whether the engine stores images of several platforms.

    `exports_caches` tells whether it writes caches: the one in the engine does so on the containerd store alone.
    `attests` tells whether what it attests reaches the engine's store and stays there.
    """

    name: str
    platforms: tuple[str, ...]
    keeps_many: bool
    exports_caches: bool = True
    attests: bool = True

    def lacks(self, platforms: tuple[str, ...]) -> tuple[str, ...]:
        """Give those platforms that it does not build for."""
        known = {plain(platform) for platform in self.platforms}
        return tuple(platform for platform in platforms if plain(platform) not in known)


def survey(runner: Runner) -> Builder:
    """Ask buildx and the engine; raises `EngineMissing` where no builder answers."""
    told, store = runner.run(buildx.inspect()), runner.run(engine.info())
    if not told.ok or not store.ok:
        silent = told if not told.ok else store
        raise EngineMissing(f"the builder does not answer: {' '.join(silent.tail(1)) or 'it says nothing'}")
    return parse(told.stdout, store.stdout)


def parse(told: str, store: str) -> Builder:
    """Read what `docker buildx inspect` and `docker info` print; a builder has the platforms of all its nodes."""
    found = _FIELD.findall(told)
    name = next((value for key, value in found if key == "Name"), "")
    listed = (each for key, value in found if key == "Platforms" for each in value.split(","))
    # A star marks what somebody set by hand.
    platforms = tuple(dict.fromkeys(each.strip().rstrip("*") for each in listed))
    driver = next((value for key, value in found if key == "Driver"), "")
    containerd = engine.CONTAINERD_STORE in store
    own = driver == "docker"
    attests = containerd and own  # what another builder hands over is an archive, which has no room for it
    return Builder(name, platforms, keeps_many=containerd, exports_caches=containerd or not own, attests=attests)


def plain(platform: str) -> str:
    """Give a platform without a variant that goes without saying."""
    return _SAME.get(platform, platform)
