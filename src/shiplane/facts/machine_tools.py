"""Which versions of tools a step's result may depend on: what Python has here, and what the engine said of itself."""

from __future__ import annotations

import re
import sys
import sysconfig
from functools import cache
from pathlib import Path

PYTHON = "python"
ENGINE = "engine"
PLUGINS = ("buildx", "compose")
_DISTRIBUTION = re.compile(r"(.+)-(.+)\.dist-info")
_PARTS = 3


def installed() -> dict[str, str]:
    """Give Python's version and, as `python/ruff`, that of each distribution that is installed beside it.

    Their folders have the versions in their names, so that nothing is read.
    """
    found = {PYTHON: ".".join(map(str, sys.version_info[:3]))}
    for folder in _places():
        try:
            names = [entry.name for entry in Path(folder).iterdir()]
        except OSError:
            continue
        told = filter(None, map(_DISTRIBUTION.fullmatch, names))
        found |= {f"{PYTHON}/{_plain(one[1])}": one[2] for one in told}
    return dict(sorted(found.items()))


@cache
def _places() -> tuple[str, ...]:
    return tuple(dict.fromkeys((sysconfig.get_path("platlib"), sysconfig.get_path("purelib"))))


def _plain(name: str) -> str:
    return name.lower().replace("_", "-")


def parse(told: str) -> dict[str, str]:
    """Read what `engine.info` prints: the versions of the engine, buildx and Compose; what is not told is left out."""
    parts = told.strip().split("|")
    words = parts[-1].split() if len(parts) >= _PARTS else []
    plugins = dict(zip(words[::2], words[1::2], strict=False))
    known = {ENGINE: parts[0], **{name: plugins.get(name, "") for name in PLUGINS}}
    return {name: version for name, version in known.items() if version}
