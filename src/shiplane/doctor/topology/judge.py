"""All rules over all stacks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shiplane.doctor.finding import Finding
from shiplane.doctor.topology import everywhere, released, written

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from shiplane.doctor.topology.stack import Flaw, Roles, Source, Stack


def judge(stacks: Sequence[Stack], roles: Roles, env_files: Mapping[str, str]) -> Iterator[Finding]:
    """Tell every fault once, with file, line and fix; the first stack is development's.

    `env_files` are the texts of committed environment files.
    """
    told = set()
    for flaw in _flaws(stacks, roles, env_files):
        name = f"{flaw.rule}.{flaw.service}.{flaw.place}"
        if (name, flaw.what) not in told:
            told.add((name, flaw.what))
            yield Finding(f"{flaw.place}: {flaw.what}", flaw.so, flaw.fix, name)


def _flaws(stacks: Sequence[Stack], roles: Roles, env_files: Mapping[str, str]) -> Iterator[Flaw]:
    for stack in stacks:
        for rule in (*everywhere.RULES, *(released.RULES if stack.released else ())):
            yield from rule(stack, roles)
        for beside in released.BESIDE_DEVELOPMENT if stack.released else ():
            yield from beside(stack, roles, stacks[0])
    for source, is_released in _sources(stacks).values():
        overlay = source.file != stacks[0].sources[0].file
        yield from written.resets(source) if overlay else ()
        yield from written.secrets(source, released=is_released)
    for file, text in env_files.items():
        yield from written.secrets_of_lines(file, text)


def _sources(stacks: Sequence[Stack]) -> dict[str, tuple[Source, bool]]:
    """Give each file once; a base file is development's, though servers get it too."""
    return {source.file: (source, stack.released) for stack in reversed(stacks) for source in stack.sources}
