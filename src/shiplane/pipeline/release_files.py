"""The files that go to a server with a release: as the checkout has them, or as they were at the release's commit."""

from __future__ import annotations

import hashlib
import re
import tarfile
from typing import TYPE_CHECKING

from shiplane.commands import git
from shiplane.commands.compose import BASE_ENV, BASE_FILE
from shiplane.deploy.bundle import bundle
from shiplane.errors import UsageError
from shiplane.facts.answers import told_by_git
from shiplane.runners import temporary

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from shiplane.config import Config
    from shiplane.deploy.bundle import Bundle
    from shiplane.model import Release, Secret, Site
    from shiplane.runners.base import Runner

_PATTERNS = (BASE_FILE, "compose.*.yml", BASE_ENV, "proxy/**/*")
_AT_COMMIT = re.compile(r"docker-compose\.yml|compose\.[^/]+\.yml|\.env\.docker|proxy/.+")


def collect(runner: Runner, release: Release, kept: Mapping[str, bytes]) -> dict[str, bytes]:
    """Give the compose files, the proxy's files and `.env.docker` of a release, by path.

    `kept` are the files that were put aside when it was published; where it was published elsewhere, its commit has
    them. Raises `UsageError` where neither is here. What the checkout holds now is never looked at: it may be edited.
    """
    return dict(kept) or _at_commit(runner, release)


def bundle_of(  # noqa: PLR0913 - what makes a release's files, each by name
    runner: Runner,
    config: Config,
    site: Site,
    release: Release,
    kept: Mapping[str, bytes],
    secrets: Mapping[str, Secret],
) -> Bundle:
    """Make the files of a release for one environment: what belongs to the others alone stays here."""
    files = collect(runner, release, kept)
    base_env = files.pop(BASE_ENV, b"").decode()
    others = {e.overlay for e in config.environments} - {site.overlay} | {"compose.test.yml"}
    files = {path: data for path, data in files.items() if path not in others}
    profiles = {"COMPOSE_PROFILES": ",".join(config.profiles)} if config.profiles else {}
    return bundle(site, release, files, base_env, secrets, root=profiles)


def survey(runner: Runner, checkout: Path) -> dict[str, bytes]:
    """Read the files of a release as the checkout has them, without those that git ignores; raises `UsageError`.

    What is ignored is somebody's own, as a secret or an editor's file: no commit has it, and no edit tells of it.
    """
    asked = git.ignored(*(pattern.partition("/")[0] for pattern in _PATTERNS if pattern != BASE_ENV))
    ignored = tuple(name for name in told_by_git(runner, asked, "what it ignores").split("\0") if name)
    return {path: data for path, data in in_checkout(checkout).items() if not _is_below(path, ignored)}


def _is_below(path: str, names: tuple[str, ...]) -> bool:
    return any(path == name or (name.endswith("/") and path.startswith(name)) for name in names)


def in_checkout(checkout: Path) -> dict[str, bytes]:
    """Read what may be a release's files."""
    found = [path for pattern in _PATTERNS for path in sorted(checkout.glob(pattern)) if path.is_file()]
    return {str(path.relative_to(checkout)): path.read_bytes() for path in found}


def schema_of(checkout: Path, patterns: tuple[str, ...]) -> str:
    """Digest the files that decide which migrations there are, by name and content.

    Empty where there are none: patterns that find nothing say nothing, and the database is asked.
    """
    digest = hashlib.sha256()
    files = sorted({path for pattern in patterns for path in checkout.glob(pattern) if path.is_file()})
    for path in files:
        content = path.read_bytes()
        digest.update(f"{path.relative_to(checkout)}\0{len(content)}\0".encode() + content)
    return digest.hexdigest() if files else ""


def _at_commit(runner: Runner, release: Release) -> dict[str, bytes]:
    if release.dirty:
        raise UsageError(
            f"{release.id} was made from uncommitted edits that are not in the checkout now",
            "roll back to it where it ran before, or publish what is here: invoke publish",
        )
    with temporary.folder("files") as folder:
        file = folder / "files.tar"
        if not runner.run(git.archive(release.commit, str(file))).ok:
            raise UsageError(
                f"commit {release.commit} of {release.id} is not in this checkout", "fetch it: git fetch --all"
            )
        with tarfile.open(file) as archive:
            members = [m for m in archive.getmembers() if m.isfile() and _AT_COMMIT.fullmatch(m.name)]
            return {member.name: _content(archive, member) for member in members}


def _content(archive: tarfile.TarFile, member: tarfile.TarInfo) -> bytes:
    opened = archive.extractfile(member)
    return opened.read() if opened else b""
