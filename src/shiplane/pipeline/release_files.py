"""The files that go to a server with a release: as the checkout has them, or as they were at the release's commit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shiplane.commands import git
from shiplane.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path

    from shiplane.facts.checkout import CheckoutFacts
    from shiplane.model import Release
    from shiplane.runners.base import Runner

_FOLDER = "proxy"
BASE_ENV = ".env.docker"


def collect(
    runner: Runner, checkout: Path, facts: CheckoutFacts, release: Release, overlay: str
) -> tuple[dict[str, bytes], str]:
    """Give compose and proxy files by path, and the text of `.env.docker`.

    Raises `UsageError` where the release was made from edits that are no longer here, or its commit is unknown.
    """
    wanted = ("docker-compose.yml", overlay, BASE_ENV)
    if release.id == facts.suffix:
        files = {name: (checkout / name).read_bytes() for name in wanted if (checkout / name).is_file()}
        proxy = (path for path in sorted((checkout / _FOLDER).rglob("*")) if path.is_file())
        files |= {str(path.relative_to(checkout)): path.read_bytes() for path in proxy}
    else:
        files = _at_commit(runner, release, wanted)
    return files, files.pop(BASE_ENV, b"").decode()


def _at_commit(runner: Runner, release: Release, wanted: tuple[str, ...]) -> dict[str, bytes]:
    if release.dirty:
        raise UsageError(
            f"{release.id} was made from uncommitted edits that are not in the checkout now",
            "roll back to it where it ran before, or publish what is here: invoke publish",
        )
    listed = runner.run(git.files_at(release.commit, *wanted, _FOLDER))
    if not listed.ok:
        raise UsageError(f"commit {release.commit} of {release.id} is not in this checkout", "fetch it: git fetch --all")
    names = [name for name in listed.stdout.split("\0") if name]
    return {name: f"{runner.run(git.show(release.commit, name)).stdout}\n".encode() for name in names}
