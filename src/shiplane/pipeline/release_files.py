"""The files that go to a server with a release: as the checkout has them, or as they were at the release's commit."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from shiplane.commands import git
from shiplane.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from shiplane.facts.checkout import CheckoutFacts
    from shiplane.model import Release
    from shiplane.runners.base import Runner

BASE_ENV = ".env.docker"
_PATTERNS = ("docker-compose.yml", "compose.*.yml", BASE_ENV, "proxy/**/*")
_AT_COMMIT = re.compile(r"docker-compose\.yml|compose\.[^/]+\.yml|\.env\.docker|proxy/.+")


def collect(
    runner: Runner, checkout: Path, facts: CheckoutFacts, release: Release, kept: Mapping[str, bytes]
) -> dict[str, bytes]:
    """Give the compose files, the proxy's files and `.env.docker` of a release, by path.

    `kept` are the files that were put aside when it was published. Raises `UsageError` where the release was made
    from edits of which nothing is left, or its commit is not in this checkout.
    """
    if kept:
        return dict(kept)
    if release.id == facts.suffix:
        return in_checkout(checkout)
    return _at_commit(runner, release)


def in_checkout(checkout: Path) -> dict[str, bytes]:
    """Read the files of a release as the checkout has them."""
    found = [path for pattern in _PATTERNS for path in sorted(checkout.glob(pattern)) if path.is_file()]
    return {str(path.relative_to(checkout)): path.read_bytes() for path in found}


def _at_commit(runner: Runner, release: Release) -> dict[str, bytes]:
    if release.dirty:
        raise UsageError(
            f"{release.id} was made from uncommitted edits that are not in the checkout now",
            "roll back to it where it ran before, or publish what is here: invoke publish",
        )
    listed = runner.run(git.files_at(release.commit))
    if not listed.ok:
        raise UsageError(
            f"commit {release.commit} of {release.id} is not in this checkout", "fetch it: git fetch --all"
        )
    names = [name for name in listed.stdout.split("\0") if _AT_COMMIT.fullmatch(name)]
    return {name: f"{runner.run(git.show(release.commit, name)).stdout}\n".encode() for name in names}
