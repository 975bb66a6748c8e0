"""Deploys under load: what was done when, and what the requests met meanwhile."""

from __future__ import annotations

import json
import os
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from traffic.running import Traffic
from traffic.wanted import Flow, Wanted, mix

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from traffic.told import Told
    from yard.checkout import Ended, Yard

RATE = float(os.environ.get("RATE", "200"))
"""Requests a second; a machine that is busy with other things may be asked for less."""
_BEFORE_SECONDS, _AFTER_SECONDS = 2.0, 1.5
_ROWS = Flow("write", 1, "/api/v1/rows/", "POST", 0, "{id}")


@dataclass(frozen=True, slots=True)
class Action:
    """Describe one thing that is done under load: a command that has to end with `code`."""

    name: str
    do: Callable[[], Ended]
    code: int = 0


@dataclass(frozen=True, slots=True)
class Done:
    """Hold an action that ended: seconds after the beginning of the load; `wrong` tells of an unexpected end."""

    name: str
    began: float
    ended: float
    code: int
    wrong: str = ""


@dataclass(frozen=True, slots=True)
class Played:
    """Hold a whole run under load."""

    told: Told
    done: tuple[Done, ...]

    def story(self) -> str:
        """Say what failed during which action."""
        lines = [f"{each.began:7.2f} - {each.ended:7.2f} s {each.name}: exit {each.code}" for each in self.done]
        wrong = [each.wrong for each in self.done if each.wrong]
        return "\n".join((self.told.story(40), "actions:", *lines, *wrong))

    @property
    def rows(self) -> list[str]:
        """Give a table's lines: each action with the requests that failed and the slowest one while it ran."""
        lines = ["| action | seconds | requests failed | slowest answer |", "|---|---|---|---|"]
        for each, following in zip(self.done, (*self.done[1:], None), strict=True):
            end = following.began if following else self.told.seconds
            failed = sum(each.began <= failure.ended < end for failure in self.told.failures)
            slow = [took for due, _, took in self.told.slowest if each.began <= due < end]
            shown = f"{max(slow):.0f} ms" if slow else f"under {self.told.slowest[-1][2]:.0f} ms"
            lines.append(f"| {each.name} | {each.ended - each.began:.1f} | {failed} | {shown} |")
        return lines


def play(wanted: Wanted, actions: Sequence[Action], folder: Path) -> Played:
    """Do things while requests come, up to the first that does not end as it has to."""
    done = []
    with Traffic(wanted, folder) as traffic:
        time.sleep(_BEFORE_SECONDS)
        for action in actions:
            began = time.monotonic() - traffic.since
            ended = action.do()
            wrong = "" if ended.code == action.code else f"{action.name} {ended.story()}"
            done.append(Done(action.name, began, time.monotonic() - traffic.since, ended.code, wrong))
            if wrong:
                break
            time.sleep(_AFTER_SECONDS)
    (folder / "done.json").write_text(json.dumps([[each.name, each.began, each.ended] for each in done]))
    return Played(traffic.met, tuple(done))


def small_mix(yard: Yard, limit: float) -> Wanted:
    """Give the load of the small application."""
    return Wanted(yard.port, mix("/api/v1/rows/", _ROWS, RATE), ca_file=yard.state.ca_file, limit=limit)


def deploys(yard: Yard, count: int, proxy_at: int) -> list[Action]:
    """Give deploys that alternate between two versions, a migration each; the `proxy_at`-th changes the proxy."""
    found = []
    for number in range(1, count + 1):
        kind = "two" if number % 2 else "one"
        also = ", another image of the proxy" if number == proxy_at else ""
        found.append(deploy(yard, kind, proxy=number >= proxy_at, name=f"deploy {number} ({kind}{also})"))
    return found


def deploy(yard: Yard, kind: str, *, proxy: bool, name: str, code: int = 0) -> Action:
    """Deploy a new release of a kind."""

    def do() -> Ended:
        return yard.deploy(yard.release(kind, edit=yard.other_proxy if proxy else None), code=None)

    return Action(name, do, code)


def rollback(yard: Yard) -> Action:
    """Go back to the release before."""
    return Action("rollback", lambda: yard.invoke("rollback", "--env", "staging", "--plain", code=None))


def check(played: Played, rows: set[str], least: int) -> None:
    """See that no request failed, that enough were sent, and that every acknowledged row is there."""
    told = played.told
    assert not any(each.wrong for each in played.done), played.story()
    assert told.failed == 0, played.story()
    assert told.requests >= least, played.story()
    assert told.acknowledged, played.story()
    lost = set(told.acknowledged) - rows
    assert not lost, f"{len(lost)} of {len(told.acknowledged)} acknowledged rows are gone"
