"""Where the test environment publishes its services, beside whatever runs on this machine."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shiplane.commands.stack import TEST_PORTS
from shiplane.errors import PortTaken

if TYPE_CHECKING:
    from collections.abc import Mapping

    from shiplane.facts.listeners import Ports

_ANY_FREE = "0"


def choose(held: Ports, project: str, variables: Mapping[str, str]) -> dict[str, str]:
    """Give each variable its port: the one of the specification where it is free, else whichever the engine finds.

    What `variables` (the environment's and those of `.env`) name stays; it raises `PortTaken` where somebody else holds
    it. What the environment of the tests holds itself, from before, is free to it.
    """
    taken = {one.port for one in held.published if one.project != project}
    own = {one.port for one in held.published if one.project == project}
    taken |= {one.port for one in held.listeners} - own
    chosen = {}
    for name, port in TEST_PORTS.items():
        variable = f"TEST_{name}_PORT"
        given = variables.get(variable, "")
        if given.isdecimal() and int(given) in taken:
            raise PortTaken(int(given), f"{variable}, of the test environment")
        if not given:
            chosen[variable] = _ANY_FREE if port in taken else str(port)
    return chosen
