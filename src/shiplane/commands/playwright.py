"""The browser tests in their container."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shiplane.model import Command, Secret

if TYPE_CHECKING:
    from collections.abc import Mapping


def run(  # noqa: PLR0913 - what the tests are told, each a value of its own
    image: str, name: str, reports: str, user: str, variables: Mapping[str, str | Secret], arguments: tuple[str, ...]
) -> Command:
    """Run Playwright on this machine's network; variables reach the container by name, never in argv."""
    passed = tuple(item for key in sorted(variables) for item in ("--env", key))
    head = ("docker", "run", "--rm", "--init", "--name", name, "--network", "host", "--shm-size", "512m")
    place = ("--user", user, "--volume", f"{reports}:/reports")
    argv = (*head, *place, *passed, image, "npx", "playwright", "test", *arguments)
    return Command(argv, env=tuple(sorted(variables.items())))
