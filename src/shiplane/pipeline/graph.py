"""Which steps of a plan can start, which should, and which never will."""

from __future__ import annotations

from bisect import insort
from graphlib import TopologicalSorter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from shiplane.model import Step

_UNKNOWN_SECONDS, _UNKNOWN_BUILD_SECONDS = 10.0, 30.0
"""What a step is taken to need that never ran; building images from nothing is the longest work of a first run."""


class Graph:
    """Hand out the steps of a plan once all that they need has passed: those on the longest way to the end first.

    KeyError where a step needs one that is not there, `graphlib.CycleError` where steps need each other.
    """

    def __init__(self, steps: Iterable[Step]) -> None:
        self._steps = {step.id: step for step in steps}
        self._followers: dict[str, list[str]] = {name: [] for name in self._steps}
        for step in self._steps.values():
            for need in step.needs:
                self._followers[need].append(step.id)
        order = TopologicalSorter({step.id: step.needs for step in self._steps.values()})
        self._urgency = self._measure(tuple(order.static_order()))
        self._missing = {step.id: len(set(step.needs)) for step in self._steps.values()}
        self._ready: list[tuple[float, int, str]] = []
        self._places = {name: place for place, name in enumerate(self._steps)}
        # Neither handed out nor lost; a dict for its order.
        self._waiting = dict.fromkeys(self._steps)
        for name, missing in self._missing.items():
            if not missing:
                self._offer(name)

    def take(self, beside: Collection[str] = ()) -> Step | None:
        """Hand out the most urgent step that can start; None where there is none now.

        Images that are needed late are not built `beside` steps that are more urgent.
        """
        place = next((at for at, one in enumerate(self._ready) if not self._has_time(one[-1], beside)), None)
        if place is None:
            return None
        name = self._ready.pop(place)[-1]
        del self._waiting[name]
        return self._steps[name]

    def give_back(self, step: Step) -> None:
        """Offer a step that was handed out once more."""
        self._waiting[step.id] = None
        self._offer(step.id)

    def passed(self, step: Step) -> None:
        """Let those start that waited for this step alone."""
        for name in dict.fromkeys(self._followers[step.id]):
            self._missing[name] -= 1
            if not self._missing[name] and name in self._waiting:
                self._offer(name)

    def lose(self, step: Step) -> list[Step]:
        """Give the steps that can never start now that this one did not pass, in the plan's order; each once."""
        lost, open_ = [], [step.id]
        while open_:
            for name in self._followers[open_.pop()]:
                if name in self._waiting:
                    del self._waiting[name]
                    lost.append(name)
                    open_.append(name)
        return [self._steps[name] for name in sorted(lost, key=self._places.__getitem__)]

    def drop(self) -> list[Step]:
        """Give all that was not handed out, in the plan's order; nothing will be from now on."""
        left = sorted(self._waiting, key=self._places.__getitem__)
        self._waiting.clear()
        self._ready.clear()
        return [self._steps[name] for name in left]

    def _has_time(self, name: str, urgent: Iterable[str]) -> bool:
        """Tell whether building images can wait for one of these steps, with the time that it takes itself to spare."""
        step = self._steps[name]
        # What was made before is looked up at once, and made at once where it is gone.
        if not step.definition or step.decision.choice in ("reuse", "skip"):
            return False
        wait = self._urgency[name] + _seconds(step)
        return any(wait + _seconds(self._steps[one]) <= self._urgency[one] for one in urgent)

    def _offer(self, name: str) -> None:
        insort(self._ready, (-self._urgency[name], self._places[name], name))

    def _measure(self, order: tuple[str, ...]) -> dict[str, float]:
        """Give for each step the estimated seconds from its start to the end of the last that depends on it."""
        seconds: dict[str, float] = {}
        for name in reversed(order):
            rest = max((seconds[follower] for follower in self._followers[name]), default=0.0)
            seconds[name] = _seconds(self._steps[name]) + rest
        return seconds


def _seconds(step: Step) -> float:
    if step.estimate_seconds is not None:
        return step.estimate_seconds
    return _UNKNOWN_BUILD_SECONDS if step.definition else _UNKNOWN_SECONDS
