"""Judgements of what the configuration names, and of what was refused."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shiplane.doctor.finding import Finding

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from shiplane.errors import ShiplaneError


def missing(found: Iterable[tuple[str, str]]) -> Iterator[Finding]:
    """Judge files that are not there, each with the key that asks for it."""
    for file, key in found:
        yield Finding(
            f"{file} is not there",
            f"what {key} describes cannot be built or deployed",
            f"add it, or change {key}",
            file,
        )


def refused(found: Iterable[ShiplaneError]) -> Iterator[Finding]:
    """Tell each refusal once, as it will be told by the command that meets it."""
    for cause, fix in dict.fromkeys((error.cause, error.fix) for error in found):
        yield Finding(cause, "", fix)
