"""The browser tests against an environment, in the container of the test runner."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from shiplane.commands import engine, playwright
from shiplane.errors import StepFailed
from shiplane.model.identity import checkout_id

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from pathlib import Path

    from shiplane.model import Release, Secret, Site, Step
    from shiplane.pipeline.reuse import Reuse
    from shiplane.planning.keys import Item
    from shiplane.runners.base import Cancel, Runner

_TAIL = 40
_HTTPS = 443


def _way(site: Site) -> tuple[str, str]:
    """Give the network of the browser and what it has to forward: this machine's own, or beside the server."""
    if not site.network:
        return "host", ""
    return site.network, f"{urlsplit(site.url).port or _HTTPS}={site.environment}:{_HTTPS}"


def depends_on(reuse: Reuse, step: Step, site: Site, release: Release, beside: Iterable[str]) -> tuple[Item, ...]:
    """Give what the result depends on: the tests, and what runs where; nothing where the step declares no inputs.

    `beside` are the images of others that run, as `repository@sha256:…`.
    """
    if step.inputs is None:
        return ()
    digests = tuple(("value", f"digest of {name}", digest) for name, digest in sorted(release.digests().items()))
    others = tuple(
        ("value", f"digest of {name}", digest) for name, _, digest in (e.partition("@") for e in sorted(beside))
    )
    return (*reuse.now(step.inputs), *digests, *others, ("value", "address", site.url))


def run_against(  # noqa: PLR0913 - what the tests are told, each a value of its own
    runner: Runner,
    checkout: Path,
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
    variables: dict[str, str | Secret] = {
        "BASE_URL": site.url,
        "EXPECTED_RELEASE": release.id,
        "EXPECTED_COMMIT": release.commit,
        "EXPECTED_ENVIRONMENT": site.environment,
        "RUN_ID": run,
        "BOARD_TOKEN": secrets["BOARD_TOKEN"],
    }
    name = f"shiplane-{checkout_id(checkout)}-e2e-{site.environment}"
    user = f"{os.getuid()}:{os.getgid()}"
    words = (image, name, str(reports), user, variables, ("--project=e2e",), site.ca_file)
    command = playwright.run(*words, *_way(site))
    runner.run(engine.remove(name))
    say(f"$ {command.masked()}")
    try:
        done = runner.run(command, on_line=say, cancel=cancel)
    finally:
        runner.run(engine.remove(name))
    if not done.ok:
        fix = f"open {reports}/html/index.html, or repeat it: invoke e2e --env {site.environment}"
        raise StepFailed(f"browser tests against {site.environment} failed", fix, done.tail(_TAIL))
