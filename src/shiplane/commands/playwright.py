"""The browser tests in their container."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shiplane.model import Command, Secret

if TYPE_CHECKING:
    from collections.abc import Mapping


_CA_FILE = "/run/authority.pem"


def run(  # noqa: PLR0913 - what the tests are told, each a value of its own
    image: str,
    name: str,
    reports: str,
    user: str,
    variables: Mapping[str, str | Secret],
    arguments: tuple[str, ...],
    ca_file: str = "",
) -> Command:
    """Run Playwright on this machine's network; variables reach the container by name, never in argv.

    The browser trusts the authority in `ca_file` beside those that it knows.
    """
    trust = ("--volume", f"{ca_file}:{_CA_FILE}:ro") if ca_file else ()
    variables = {**variables, "CA_FILE": _CA_FILE} if ca_file else variables
    passed = tuple(item for key in sorted(variables) for item in ("--env", key))
    head = ("docker", "run", "--rm", "--init", "--name", name, "--network", "host", "--shm-size", "512m")
    place = ("--user", user, "--volume", f"{reports}:/reports")
    argv = (*head, *place, *trust, *passed, image, "npx", "playwright", "test", *arguments)
    return Command(argv, env=tuple(sorted(variables.items())))
