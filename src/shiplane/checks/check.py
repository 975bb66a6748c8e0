"""The shape of a check."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from shiplane.model import Command


@dataclass(frozen=True, slots=True)
class Check:
    """Describe one session: all of `checks` run, side by side where `parallel`, and every failure is told.

    `before` must pass first; `keep` copies reports, whatever the result; `after` always runs and may fail silently.
    `images` names the development images that must be built first, as components.
    """

    images: tuple[str, ...] = ()
    before: tuple[Command, ...] = ()
    checks: tuple[tuple[str, Command], ...] = ()
    keep: tuple[Command, ...] = ()
    after: tuple[Command, ...] = ()
    parallel: int = 1
