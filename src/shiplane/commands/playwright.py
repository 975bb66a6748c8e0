"""The browser tests in their container."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from shiplane.model import Command, Secret

if TYPE_CHECKING:
    from collections.abc import Mapping


_CA_FILE = "/run/authority.pem"
_NOTHING: Mapping[str, str] = MappingProxyType({})


def run(  # noqa: PLR0913 - what the tests are told, each a value of its own
    image: str,
    name: str,
    reports: str,
    user: str,
    variables: Mapping[str, str | Secret],
    arguments: tuple[str, ...],
    ca_file: str = "",
    network: str = "host",
    forward: str = "",
    mounts: Mapping[str, str] = _NOTHING,
) -> Command:
    """Run Playwright on a network, by default this machine's; variables reach the container by name, never in argv.

    The browser trusts the authority in `ca_file` beside those that it knows. `forward`, as PORT=HOST:PORT, lets the
    container's own 127.0.0.1:PORT lead there. `mounts` are folders to read, each with its place in the container.
    """
    trust = ("--volume", f"{ca_file}:{_CA_FILE}:ro") if ca_file else ()
    more = {name: value for name, value in (("CA_FILE", _CA_FILE if ca_file else ""), ("FORWARD", forward)) if value}
    variables = {**variables, **more}
    passed = tuple(item for key in sorted(variables) for item in ("--env", key))
    head = ("docker", "run", "--rm", "--init", "--name", name, "--network", network, "--shm-size", "512m")
    place = ("--user", user, "--volume", f"{reports}:/reports")
    read = (word for folder, inside in mounts.items() for word in ("--volume", f"{folder}:{inside}:ro"))
    argv = (*head, *place, *read, *trust, *passed, image, "npx", "playwright", "test", *arguments)
    return Command(argv, env=tuple(sorted(variables.items())))
