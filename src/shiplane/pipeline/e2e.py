"""The browser tests against an environment, in the container of the test runner."""

from __future__ import annotations

import os
import shlex
from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from shiplane.commands import engine, playwright
from shiplane.errors import StepFailed
from shiplane.model.identity import checkout_id

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from pathlib import Path

    from shiplane.model import Command, Release, Secret, Site
    from shiplane.planning.keys import Item
    from shiplane.runners.base import Cancel, Runner

_TAIL = 40
_HTTPS = 443


def _way(site: Site) -> tuple[str, str]:
    """Give the network of the browser and what it has to forward: this machine's own, or beside the server."""
    if not site.network:
        return "host", ""
    return site.network, f"{urlsplit(site.url).port or _HTTPS}={site.environment}:{_HTTPS}"


def depends_on(declared: Sequence[Item], site: Site, release: Release, beside: Iterable[str]) -> tuple[Item, ...]:
    """Give what the result depends on: the tests as `declared`, and what runs where; nothing where none is declared.

    `beside` are the images of others that run, as `repository@sha256:…`.
    """
    if not declared:
        return ()
    digests = tuple(("value", f"digest of {name}", digest) for name, digest in sorted(release.digests().items()))
    others = tuple(
        ("value", f"digest of {name}", digest) for name, _, digest in (e.partition("@") for e in sorted(beside))
    )
    told = (("value", "address", site.url), ("value", "what the browser tests run", _words(site, release)))
    return (*declared, *digests, *others, *told)


def _words(site: Site, release: Release) -> str:
    """Give the arguments of the tests' command, with words for what another run, machine or release has its own of."""
    anywhere = replace(site, ca_file="", network="")
    variables = _variables(site, release, "", "")
    return shlex.join(_command("IMAGE", "NAME", "REPORTS", "USER", variables, anywhere).argv)


def _variables(site: Site, release: Release, run: str, token: str | Secret) -> dict[str, str | Secret]:
    return {
        "BASE_URL": site.url,
        "EXPECTED_RELEASE": release.id,
        "EXPECTED_COMMIT": release.commit,
        "EXPECTED_ENVIRONMENT": site.environment,
        "RUN_ID": run,
        "BOARD_TOKEN": token,
    }


def _command(  # noqa: PLR0913 - what the tests are told, each a value of its own
    image: str, name: str, reports: str, user: str, variables: Mapping[str, str | Secret], site: Site
) -> Command:
    words = (image, name, reports, user, variables, ("--project=e2e",), site.ca_file)
    return playwright.run(*words, *_way(site))


def run_against(  # noqa: PLR0913 - what the tests are told, each a value of its own
    runner: Runner,
    checkout: Path,
    target: str,
    image: str,
    site: Site,
    release: Release,
    run: str,
    secrets: Mapping[str, Secret],
    reports: Path,
    say: Callable[[str], None],
    cancel: Cancel | None,
) -> None:
    """Run the suite `e2e` of an image against a deployed environment; raises `StepFailed` with the last lines."""
    name = f"shiplane-{checkout_id(checkout)}-e2e-{target}-{site.environment}"
    user = f"{os.getuid()}:{os.getgid()}"
    variables = _variables(site, release, run, secrets["BOARD_TOKEN"])
    command = _command(image, name, str(reports), user, variables, site)
    runner.run(engine.remove(name))
    say(f"$ {command.masked()}")
    try:
        done = runner.run(command, on_line=say, cancel=cancel)
    finally:
        runner.run(engine.remove(name))
    if not done.ok:
        fix = f"open {reports}/html/index.html, or repeat it: invoke e2e --env {site.environment}"
        raise StepFailed(f"browser tests against {site.environment} failed", fix, done.tail(_TAIL))
