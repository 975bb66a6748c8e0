"""On which image a stage of a Dockerfile stands."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

_FROM = re.compile(r"^\s*FROM\s+(?:--\S+\s+)*(\S+)(?:\s+AS\s+(\S+))?\s*$", re.IGNORECASE)
_ARGUMENT = re.compile(r"^\s*ARG\s+(\w+)(?:=(\S*))?", re.IGNORECASE)
_VARIABLE = re.compile(r"\$(?:(\w+)|\{(\w+)(?::-([^}]*))?\})")
_CONTINUED = re.compile(r"\\[ \t]*\n")


def base_of(text: str, target: str, arguments: Mapping[str, str]) -> str:
    """Name the image below a stage (the last where `target` is empty); empty where it stands on none.

    `arguments` win over the defaults of those that are declared before the first stage.
    """
    below: dict[str, str] = {}
    known: dict[str, str] = {}
    last = ""
    for line in _CONTINUED.sub(" ", text).splitlines():
        if not below and (declared := _ARGUMENT.match(line)):
            known[declared[1]] = arguments.get(declared[1], (declared[2] or "").strip("\"'"))
        elif stage := _FROM.match(line):
            last = (stage[2] or str(len(below))).lower()
            below[last] = _VARIABLE.sub(lambda found: _value(found, known), stage[1])
    name = target or last
    if name.lower() not in below:
        return ""
    while name.lower() in below:
        # A stage may be called like the image that it stands on: none is gone through twice.
        name = below.pop(name.lower())
    return "" if name == "scratch" else name


def _value(found: re.Match[str], known: Mapping[str, str]) -> str:
    return known.get(found[1] or found[2]) or found[3] or ""
