"""The logs of an environment's containers: what is asked, and the lines that come back."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from shiplane.commands import remote
from shiplane.commands.compose import project
from shiplane.deploy.lines import secrets
from shiplane.errors import NothingDeployed, UnknownName, Unreachable, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

    from shiplane.errors import ShiplaneError
    from shiplane.model import Command, Site
    from shiplane.runners.base import Masker, Runner

_SECONDS = 30.0
_LATEST = "100"
_SPAN = re.compile(r"(?:\d+[dhms])+")
_UNITS = {"d": 86400, "h": 3600, "m": 60, "s": 1}
_PIECE = 16384
_STAMP = re.compile(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z ")
_GONE = ("No such container", "dead or marked for removal")


@dataclass(frozen=True, slots=True)
class Query:
    """Say which lines are wanted: of all services where none is named, at most `tail` old ones of each container."""

    services: tuple[str, ...] = ()
    since: str = ""
    tail: str = ""
    follow: bool = False

    def command(self, site: Site) -> Command:
        """Give the command for a server; raises `UsageError` where `since` or `tail` cannot be read."""
        return self.of_project(project(site)).on(site.host.name)

    def of_project(self, name: str) -> Command:
        """Give the command for a project of this machine; raises as `command` does."""
        since, tail = _since(self.since), _tail(self.tail)
        tail = tail or ("" if since else _LATEST)
        return remote.script("logs", name, since, tail, "yes" if self.follow else "no", *self.services)


def _since(text: str) -> str:
    """Give a length of time or a moment as the engine takes it; it knows no days."""
    if not text:
        return ""
    if _SPAN.fullmatch(text):
        return f"{sum(int(count) * _UNITS[unit] for count, unit in re.findall(r'([0-9]+)([dhms])', text))}s"
    try:
        return datetime.fromisoformat(text).astimezone().isoformat()
    except ValueError:
        raise UsageError(f"since {text!r} is no time", "write it as 10m, 1h30m, 2d or 2026-01-31T12:00:00Z") from None


def _tail(text: str) -> str:
    if text and not text.isdecimal():
        raise UsageError(f"tail {text!r} is no number", "write it as --tail 100")
    return text


@dataclass(frozen=True, slots=True)
class Line:
    """Hold one line to show: of which service and, where that has several, which container; a `note` is ours.

    `container` is its id, `at` when it was written, ISO 8601 in UTC; empty of a note.
    """

    service: str
    number: str
    text: str
    note: bool = False
    container: str = ""
    at: str = ""

    def to_json(self) -> dict[str, object]:
        """Give the object that `invoke logs --json` prints."""
        return {
            "at": self.at or None,
            "service": self.service,
            "container": self.container,
            "note": self.note,
            "text": self.text,
        }


@dataclass(slots=True)
class Reader:
    """Take what the script prints and show lines: the old ones in the order of time, the new ones as they come.

    `nothing` is raised where there is no container at all.
    """

    nothing: ShiplaneError
    query: Query
    show: Callable[[Line], None]
    masker: Masker
    services: set[str] = field(default_factory=set)
    _here: dict[str, tuple[str, str]] = field(default_factory=dict)
    _several: set[str] = field(default_factory=set)
    _parts: dict[str, str] = field(default_factory=dict)
    _past: list[tuple[str, str, str]] | None = field(default_factory=list)

    def take(self, text: str) -> None:
        """Take one line of the server's; raises where what is asked for is not there."""
        kind, _, rest = text.partition("\t")
        first, _, rest = rest.partition("\t")
        match kind:
            case "service":
                self.services.add(first)
            case "here":
                self._join(first, *rest.split("\t"))
            case "part":
                self._parts[first] = self._parts.get(first, "") + rest
            case "line":
                self._line(first, self._parts.pop(first, "") + rest)
            case "note" if not any(word in rest for word in _GONE):
                self._note(first, rest)
            case "gone":
                self._note(first, f"ended with exit code {rest}" if rest else "ended")
            case "past":
                self._show_past()

    def _join(self, container: str, service: str, number: str) -> None:
        again = container in self._here
        self._here[container] = (service, number)
        if any(other == service and count != number for other, count in self._here.values()):
            self._several.add(service)
        if self._past is None:
            self._note(container, "started again" if again else "started")

    def _line(self, container: str, stamped: str) -> None:
        at, _, text = stamped.partition(" ")
        # Masked as a whole: a secret may lie across the pieces of a long line.
        text = self.masker.mask(_without_stamps(text))
        if self._past is not None:
            self._past.append((at, container, text))
        else:
            self._tell(container, text, at)

    def _show_past(self) -> None:
        if not self.services:
            raise self.nothing
        for service in self.query.services:
            if service not in self.services:
                raise UnknownName("service", service, self.services)
        past, self._past = self._past or [], None
        # The order of one container's lines is never changed: times may be equal.
        for at, container, text in sorted(past, key=lambda line: line[0]):
            self._tell(container, text, at)

    def _note(self, container: str, text: str) -> None:
        self._tell(container, text, note=True)

    def _tell(self, container: str, text: str, at: str = "", *, note: bool = False) -> None:
        service, number = self._here.get(container, ("", container))
        number = number if service in self._several or not service else ""
        self.show(Line(service, number, text, note, container, at))


def _without_stamps(text: str) -> str:
    """Take out the times that the engine puts between the pieces in which it keeps a very long line."""
    if len(text) <= _PIECE // 4:
        return text
    data, at = text.encode(), _PIECE
    while found := _STAMP.match(data, at):
        data = data[:at] + data[found.end() :]
        at += _PIECE
    return data.decode(errors="replace")


def read(runner: Runner, site: Site, masker: Masker, query: Query, show: Callable[[Line], None]) -> None:
    """Show the lines that are asked for; with `follow` until the caller ends it. Raises `Unreachable` at a loss."""
    command = query.command(site)
    learn_secrets(runner, site, masker)
    reader = Reader(NothingDeployed(site.environment), query, show, masker)
    completed = runner.run(command, on_line=reader.take)
    if not completed.ok or query.follow:
        raise _lost(site)


def _lost(site: Site) -> Unreachable:
    return Unreachable(
        f"the logs of {site.environment} ended: {site.host.name} or its engine does not answer any more",
        "check the server, then run the same command again",
    )


def learn_secrets(runner: Runner, site: Site, masker: Masker) -> None:
    """Let the masker know the secrets of the release that is current on the server."""
    command = remote.script("secrets", site.folder, timeout=_SECONDS).on(site.host.name)
    masker.add(*secrets(runner.run(command).stdout.split("\n")))
