"""What happens to the services of the development stack, as it happens."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from shiplane.commands import development as commands
from shiplane.errors import Unreachable

if TYPE_CHECKING:
    from collections.abc import Callable

    from shiplane.development.stack import Stack

_COLUMNS = 3
_KILLED_FOR_MEMORY = "oom"


@dataclass(frozen=True, slots=True)
class Event:
    """Tell what became of a service; `alert` where a person should look."""

    service: str
    what: str
    alert: bool

    def to_json(self) -> dict[str, object]:
        """Give the object that `invoke dev.watch --json` prints."""
        return {"service": self.service, "what": self.what, "alert": self.alert}


def parse(line: str) -> Event | None:
    """Read a line of the engine's: action, service, exit code; None where it is none."""
    words = line.split("\t")
    if len(words) != _COLUMNS:
        return None
    action, service, code = words
    if action.startswith("health_status"):
        health = action.partition(":")[2].strip()
        return Event(service, f"is {health}", health != "healthy") if health else None
    if action == "die":
        return Event(service, f"ended with exit code {code or '?'}", code not in ("0", "143"))
    return Event(
        service, "ran out of memory" if action == _KILLED_FOR_MEMORY else "started", action == _KILLED_FOR_MEMORY
    )


def watch(stack: Stack, show: Callable[[Event], None]) -> None:
    """Show how each service is, then what happens, until the caller ends it; raises `Unreachable` at a loss."""
    for row in stack.rows():
        how = f"is {row.health or row.state}" if row.runs else f"does not run ({row.state}, exit code {row.exit_code})"
        show(Event(row.service, how, not row.well))

    def take(line: str) -> None:
        event = parse(line)
        if event is not None:
            show(event)

    stack.runner.run(commands.changes(stack.project), on_line=take)
    raise Unreachable("the container engine does not answer any more", "check it: docker ps")
