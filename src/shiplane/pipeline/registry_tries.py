"""Asking a registry again where its answer may be another one soon."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from shiplane.errors import RegistryBroken, RegistryCut, RegistryLimited, Unreachable
from shiplane.facts import registry_answer
from shiplane.facts.registry_api import address

if TYPE_CHECKING:
    from collections.abc import Callable

    from shiplane.runners.base import Cancel
    from shiplane.runners.http import Http

TRIES = 4
_FIRST_SECONDS = 2.0
_LONGEST_SECONDS = 300.0
"""Nobody waits longer than that for a registry that wants to be left alone."""
_QUESTION_SECONDS = 5.0

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Patience:
    """Try again; between two tries it waits for as long as the registry says, which `http` asks it, else ever longer.

    A registry of which nothing was heard is tried as often as `silent` says: it may not be there at all.
    """

    say: Callable[[str], None]
    cancel: Cancel | None = None
    http: Http | None = None
    sleep: Callable[[float], None] | None = None

    def until(self, order: Callable[[], T], registry: str, *, silent: int = 1) -> T:
        """Do it until it is done; raises the last failure, or `RegistryLimited` where the wait would be too long."""
        number = 1
        while True:
            try:
                return order()
            except Unreachable as error:
                may_pass = isinstance(error, (RegistryLimited, RegistryBroken, RegistryCut))
                if number >= (TRIES if may_pass else silent if type(error) is Unreachable else 1):
                    raise
                seconds = self._seconds(registry, error, number)
                self.say(f"{error.cause}; once more in {seconds:g} s")
            self._wait(seconds)
            number += 1

    def _seconds(self, registry: str, error: Unreachable, number: int) -> float:
        told = (error.seconds or None) if isinstance(error, RegistryLimited) else None
        if told is None and isinstance(error, (RegistryLimited, RegistryBroken)):
            told = self._asked(registry)
        if told is not None and told > _LONGEST_SECONDS:
            raise RegistryLimited(registry, told, error.details) from error
        return max(told or 0.0, _FIRST_SECONDS * (1 << (number - 1)))

    def _asked(self, registry: str) -> float | None:
        """Ask a registry for how long it wants to be left alone: the Docker client does not pass it on."""
        if self.http is None:
            return None
        try:
            answer = self.http.request("GET", f"{address(registry)}/v2/", timeout=_QUESTION_SECONDS)
        except Unreachable:
            return None
        return registry_answer.pause(answer.status, answer.headers, time.time())

    def _wait(self, seconds: float) -> None:
        if self.sleep is not None:
            self.sleep(seconds)
        elif self.cancel is not None:
            self.cancel.sleep(seconds)
        else:
            time.sleep(seconds)
