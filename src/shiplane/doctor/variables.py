"""Variables in compose files that nothing sets: each with its file and line."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from shiplane.doctor.finding import Finding

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

# `$$` is a dollar sign; then `$NAME`, or `${NAME` with what may follow it.
_USE = re.compile(r"\$(?:\$|\{(?P<braced>[A-Za-z_]\w*)(?P<rest>:?[-?+]|\})|(?P<plain>[A-Za-z_]\w*))")


@dataclass(frozen=True, slots=True)
class Use:
    """Name a variable that has no default where it stands; `required` stops Compose where it is not set."""

    variable: str
    file: str
    line: int
    required: bool


def uses(file: str, text: str) -> Iterator[Use]:
    """Find the variables without a default; lines that are comments are none."""
    for number, line in enumerate(text.splitlines(), start=1):
        if line.lstrip().startswith("#"):
            continue
        for found in _USE.finditer(line):
            name, rest = found["braced"] or found["plain"], found["rest"] or ""
            if name and not rest.endswith(("-", "+")):
                yield Use(name, file, number, rest.endswith("?"))


def judge(found: Iterable[Use], known: Mapping[str, Collection[str]]) -> Iterator[Finding]:
    """Tell what nothing sets; `known` are the names that are set, by the file that uses them."""
    told = set()
    for use in found:
        if use.variable in known[use.file] or (use.variable, use.file) in told:
            continue
        told.add((use.variable, use.file))
        what = f"{use.file}:{use.line} uses {use.variable}, which nothing sets"
        so = "Compose refuses the file" if use.required else "it is empty there"
        fix = f"set it in .env, or write a default: ${{{use.variable}:-value}}"
        yield Finding(what, so, fix, f"{use.file}.{use.variable}")
