"""Which programs and containers of this machine hold which ports."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from shiplane.errors import UsageError
from shiplane.model import Command

if TYPE_CHECKING:
    from shiplane.runners.base import Runner

_SECONDS = 60  # a busy engine takes its time; whoever is in a hurry, as doctor, cancels
_SS = Command(("ss", "-H", "-l", "-t", "-n", "-p"), timeout=_SECONDS)
_LSOF = Command(("lsof", "-nP", "-iTCP", "-sTCP:LISTEN", "-Fpcn"), timeout=_SECONDS)
_LABEL = '{{.Label "com.docker.compose.%s"}}'
_ROW = "\t".join(("{{.Names}}", _LABEL % "project", _LABEL % "project.working_dir", "{{.Ports}}"))
_CONTAINERS = Command(("docker", "ps", "--no-trunc", "--format", _ROW), timeout=_SECONDS)
_USER = re.compile(r'\(\("(?P<program>[^"]*)",pid=(?P<pid>\d+)')
_PUBLISHED = re.compile(r"(?P<address>\S+):(?P<first>\d+)(?:-(?P<last>\d+))?->\S+/tcp")
_COLUMNS = 5
_TAKEN = re.compile(r"port is already allocated|address already in use", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Listener:
    """Name a program that listens; without the right to know, `program` is empty and `pid` 0."""

    address: str
    port: int
    program: str = ""
    pid: int = 0


@dataclass(frozen=True, slots=True)
class Published:
    """Name a container and a port that it publishes; `project` and `folder` are Compose's, empty without it."""

    container: str
    project: str
    folder: str
    address: str
    port: int


@dataclass(frozen=True, slots=True)
class Ports:
    """Tell what holds ports of this machine."""

    listeners: tuple[Listener, ...]
    published: tuple[Published, ...]


def survey(runner: Runner) -> Ports:
    """Ask the system and the engine; an engine that does not answer publishes nothing."""
    return Ports(_listeners(runner), parse_published(runner.run(_CONTAINERS).stdout))


def _listeners(runner: Runner) -> tuple[Listener, ...]:
    try:
        return parse_ss(runner.run(_SS).stdout)
    except UsageError:  # macOS has no ss
        return parse_lsof(runner.run(_LSOF).stdout)


def parse_ss(text: str) -> tuple[Listener, ...]:
    """Read a line a socket: state, queues, local address, peer, users."""
    found = []
    for line in text.splitlines():
        words = line.split()
        address, _, port = words[3].rpartition(":") if len(words) >= _COLUMNS else ("", "", "")
        if port.isdecimal():
            user = _USER.search(line)
            named = (user["program"], int(user["pid"])) if user else ("", 0)
            found.append(Listener(bare(address), int(port), *named))
    return tuple(found)


def parse_lsof(text: str) -> tuple[Listener, ...]:
    """Read a field a line: p with the process, c with its program, n with each address."""
    found, pid, program = [], 0, ""
    for line in text.splitlines():
        kind, value = line[:1], line[1:]
        if kind == "p":
            pid = int(value)
        elif kind == "c":
            program = value
        elif kind == "n" and value.rpartition(":")[2].isdecimal():
            address, _, port = value.rpartition(":")
            found.append(Listener(bare(address), int(port), program, pid))
    return tuple(found)


def parse_published(text: str) -> tuple[Published, ...]:
    """Read a line a container: name, project, folder, ports."""
    rows = (line.split("\t") for line in text.splitlines() if line.count("\t") == 3)  # noqa: PLR2004 - as asked
    return tuple(
        Published(name, project, folder, bare(port["address"]), number)
        for name, project, folder, ports in rows
        for port in _PUBLISHED.finditer(ports)
        for number in range(int(port["first"]), int(port["last"] or port["first"]) + 1)
    )


def taken(output: str) -> bool:
    """Tell whether the engine says that a container did not get a port because somebody else holds it."""
    return _TAKEN.search(output) is not None


def bare(address: str) -> str:
    """Give an address without brackets and interface; one name for all that means every address."""
    plain = address.strip("[]").partition("%")[0]
    return "*" if plain in ("0.0.0.0", "::", "*", "") else plain  # noqa: S104 - compared, not bound
