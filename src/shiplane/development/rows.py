"""The containers of the development stack, as Compose tells of them, and what two looks at them differ in."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_EVERYWHERE = ("", "0.0.0.0", "::")  # noqa: S104 - compared, not bound
_FOLDER = re.compile(r"(?:^|,)com\.docker\.compose\.project\.working_dir=(.*?)(?=,[\w./-]+=|$)", re.DOTALL)
_LOOPBACK = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class Port:
    """Tell where a port of a container (`target`) is reached from this machine."""

    host: str
    port: int
    target: int

    @property
    def address(self) -> str:
        """Give host and port."""
        return f"{self.host}:{self.port}"


@dataclass(frozen=True, slots=True)
class Row:
    """Describe one container; `health` is empty where nobody checks it, `exit_code` counts once it has ended.

    `folder` is where Compose was when it made it; empty where Compose does not tell.
    """

    id: str
    service: str
    state: str
    health: str
    image: str
    exit_code: int
    ports: tuple[Port, ...]
    folder: str = ""

    @property
    def runs(self) -> bool:
        """Tell whether its process is there."""
        return self.state == "running"

    @property
    def well(self) -> bool:
        """Tell whether it runs and is not known to be sick."""
        return self.runs and self.health in ("", "healthy")


def parse(text: str) -> tuple[Row, ...]:
    """Read what `docker compose ps --format json` prints, an object a line or a list of them, by service."""
    found: list[dict[str, Any]] = []
    for line in text.splitlines():
        if line.strip():
            one = json.loads(line)
            found += one if isinstance(one, list) else [one]
    return tuple(sorted(map(_row, found), key=lambda row: (row.service, row.id)))


def _row(told: dict[str, Any]) -> Row:
    ports = {_port(each) for each in told.get("Publishers") or () if each.get("PublishedPort")}
    return Row(
        id=told["ID"],
        service=told["Service"],
        state=told["State"],
        health=told.get("Health", ""),
        image=told.get("Image", ""),
        exit_code=int(told.get("ExitCode") or 0),
        ports=tuple(sorted(ports, key=lambda port: (port.target, port.port))),
        folder=made_in[1] if (made_in := _FOLDER.search(told.get("Labels") or "")) else "",
    )


def _port(told: dict[str, Any]) -> Port:
    host = told.get("URL", "")
    return Port(_LOOPBACK if host in _EVERYWHERE else host, int(told["PublishedPort"]), int(told["TargetPort"]))


def differences(before: Iterable[Row], after: Sequence[Row]) -> dict[str, list[str]]:
    """Sort the services that run by what became of them: `started`, `made anew`, `as they were`."""
    known = {row.service: row for row in before}
    found: dict[str, list[str]] = {"started": [], "made anew": [], "as they were": []}
    for row in after:
        if not row.runs:
            continue
        old = known.get(row.service)
        kind = "made anew" if old and old.id != row.id else "as they were" if old and old.runs else "started"
        found[kind].append(row.service)
    return found
