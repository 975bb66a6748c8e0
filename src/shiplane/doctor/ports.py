"""Judgements of the ports that are to be published on this machine."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from shiplane.doctor.finding import Finding
from shiplane.facts.listeners import bare

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from shiplane.facts.listeners import Listener, Ports, Published

_PORTS = re.compile(r"\$\{(?P<variable>[A-Z_0-9]+):-(?P<default>\d+)\}:(?P<target>\d+)")


@dataclass(frozen=True, slots=True)
class Wanted:
    """Name a port that is to be published, what for, and how another one is chosen."""

    port: int
    address: str
    purpose: str
    otherwise: str


def of_stack(model: Mapping[str, Any], text: str) -> tuple[Wanted, ...]:
    """Give the ports of a stack from its resolved model; the file's `text` tells the variables that set them."""
    variables = {int(found["target"]): found["variable"] for found in _PORTS.finditer(text)}
    return tuple(
        Wanted(
            int(port["published"]),
            bare(port.get("host_ip", "")),
            f"the {name} of the development stack",
            f"set {variables[port['target']]} to another port in .env" if port["target"] in variables else "",
        )
        for name, service in model["services"].items()
        for port in service.get("ports", ())
        if str(port.get("published", "0")).strip("0").isdecimal()
    )


def judge(wanted: Iterable[Wanted], found: Ports, is_own: Callable[[Published], bool]) -> Iterator[Finding]:
    """Tell who holds each wanted port; `is_own` knows the containers that are the wanted ones themselves."""
    for one in wanted:
        container = _first(found.published, one)
        if container is not None and is_own(container):
            continue
        program = _first(found.listeners, one)
        if container is not None:
            whose = f" of {container.folder}" if container.folder else ""
            yield _finding(one, f"the container {container.container}{whose}", f"docker stop {container.container}")
        elif program is not None:
            yield _finding(one, *_named(program))


def _finding(one: Wanted, holder: str, stop: str) -> Finding:
    fix = ", or ".join(filter(None, (stop, one.otherwise)))
    return Finding(
        f"port {one.port} is held by {holder}", f"{one.purpose} cannot be published there", fix, str(one.port)
    )


def _named(program: Listener) -> tuple[str, str]:
    if not program.pid:
        return "a program of another user", f"see which: sudo ss -ltnp 'sport = :{program.port}'"
    return f"{program.program} (process {program.pid})", f"end it: kill {program.pid}"


def _first(held: Iterable[Any], one: Wanted) -> Any:  # noqa: ANN401 - a listener or a container
    """Give what holds the port on the wanted address: `*` is all of them."""
    return next(
        (h for h in held if h.port == one.port and ("*" in (h.address, one.address) or h.address == one.address)), None
    )
