"""Where the test environment publishes its services, beside whatever runs on this machine."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shiplane.commands.stack import TEST_PORTS
from shiplane.errors import PortTaken

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from shiplane.facts.listeners import Ports

_ANY_FREE = "0"


def choose(held: Ports, project: str, environ: Mapping[str, str], written: Collection[str] = ()) -> dict[str, str]:
    """Give each variable its port: the one of the specification where it is free, else whichever the engine finds.

    What `environ` names stays; it raises `PortTaken` where somebody else holds it. The names in `written` are left to
    the file that they stand in. What the environment holds itself, from before, is free to it.
    """
    taken = {one.port for one in held.published if one.project != project}
    own = {one.port for one in held.published if one.project == project}
    taken |= {one.port for one in held.listeners} - own
    chosen = {}
    for name, port in TEST_PORTS.items():
        variable = f"TEST_{name}_PORT"
        given = environ.get(variable, "")
        if given.isdecimal() and int(given) in taken:
            raise PortTaken(int(given), f"{variable}, of the test environment")
        if not given and variable not in written:
            chosen[variable] = _ANY_FREE if port in taken else str(port)
    return chosen
