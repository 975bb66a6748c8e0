"""What a registry holds that nothing needs any more: pure, by the policy of `[tool.shiplane.prune]`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from shiplane.config import Prune

_DAY = 86400
_CACHE = "cache."
# A version, a commit, and perhaps a hash of edits: no branch's tag ends like that.
_RELEASE = re.compile(r"(?P<version>.+)-[0-9a-f]{12}(-dirty-[0-9a-f]+)?")


@dataclass(frozen=True, slots=True)
class Held:
    """Describe what a repository holds under one digest: all tags, when it was made (seconds since 1970), its parts.

    `blobs` are sizes by digest, its own manifests among them; `manifests` those of them that are manifests.
    """

    repository: str
    digest: str
    tags: tuple[str, ...]
    created: float
    blobs: Mapping[str, int]
    manifests: tuple[str, ...]

    @property
    def place(self) -> tuple[str, str]:
        """Name it: by its repository and its digest."""
        return self.repository, self.digest

    @property
    def versions(self) -> frozenset[str]:
        """Give the versions of its releases."""
        return frozenset(found["version"] for found in map(_RELEASE.fullmatch, self.tags) if found)


@dataclass(frozen=True, slots=True)
class Gone:
    """Name what may go, and why."""

    held: Held
    why: str


def branches_of(tags: Iterable[str]) -> frozenset[str]:
    """Give the tags of branches whose caches are among these."""
    return frozenset(branch for _, branch in map(_level, tags) if branch)


def choose(
    held: Collection[Held], needed: Collection[str], gone: Collection[str], policy: Prune, now: float
) -> tuple[Gone, ...]:
    """Give what may go: what no environment needs (by digest), and only where all of its tags agree.

    `gone` are the tags of branches that are no more. A tag that is neither a release's, nor theirs, nor that of a cache
    of a version that no release has any more keeps what it names.
    """
    wanted, kept = set(needed), _newest(held, policy.releases)
    kept |= {each.place for each in held if wanted & {each.digest, *each.manifests}}
    left = _left_versions(held, kept, policy, now)
    found = []
    for each in held:
        reasons = [_reason(each, tag, gone, left, policy, now) for tag in each.tags]
        if each.place not in kept and reasons and all(reasons):
            found.append(Gone(each, reasons[0]))
    return tuple(found)


def _level(tag: str) -> tuple[str, str]:
    """Give the version and the branch of a cache's tag; empty where it has none."""
    text = tag.removeprefix(_CACHE).partition(".")[2] if tag.startswith(_CACHE) else ""
    version, _, branch = text.rpartition("_")
    return version, branch if "_" in text else ""


def _left_versions(
    held: Collection[Held], kept: Collection[tuple[str, str]], policy: Prune, now: float
) -> set[tuple[str, str]]:
    """Give the versions, by repository, that were released, and of which no release stays.

    The tag of a version keeps the last image of it for ever: that alone is no release that stays.
    """
    released = {(each.repository, version) for each in held for version in each.versions}
    stay = (each for each in held if each.place in kept or not _old(each, policy, now))
    return released - {(each.repository, version) for each in stay for version in each.versions}


def _newest(held: Collection[Held], count: int) -> set[tuple[str, str]]:
    """Give the newest releases of each repository."""
    found = set[tuple[str, str]]()
    for repository in {each.repository for each in held}:
        made = [each for each in held if each.repository == repository and each.versions]
        made.sort(key=lambda each: (each.created, each.digest), reverse=True)
        found |= {each.place for each in made[:count]}
    return found


def _reason(  # noqa: PLR0913 - what decides, each by name
    held: Held, tag: str, gone: Collection[str], left: Collection[tuple[str, str]], policy: Prune, now: float
) -> str:
    """Say why a tag keeps nothing; empty where it keeps what it names."""
    version, branch = _level(tag)
    if gone_branch := next((name for name in (tag, branch) if name in gone), ""):
        return f"the branch {gone_branch} is gone"
    if (held.repository, version) in left:
        return f"no release of version {version} stays"
    if _RELEASE.fullmatch(tag) and _old(held, policy, now):
        return f"older than {policy.days} days, and not among the newest {policy.releases}"
    return ""


def _old(held: Held, policy: Prune, now: float) -> bool:
    return held.created < now - policy.days * _DAY


def freed(held: Collection[Held], going: Collection[Gone]) -> int:
    """Give the bytes that nothing else in the same repository holds."""
    leaving = {one.held.place for one in going}
    staying = {(one.repository, blob) for one in held if one.place not in leaving for blob in one.blobs}
    parts = {(one.held.repository, blob): size for one in going for blob, size in one.held.blobs.items()}
    return sum(size for part, size in parts.items() if part not in staying)


def manifests(held: Collection[Held], going: Collection[Gone]) -> list[tuple[str, str]]:
    """Give the manifests to remove by repository and digest, indexes before what they name, none that stays needed."""
    leaving = {one.held.place for one in going}
    stays = [one for one in held if one.place not in leaving]
    # Also by itself: a part of what goes may have a tag of its own.
    staying = {(one.repository, digest) for one in stays for digest in (one.digest, *one.manifests)}
    listed = [(one.held.repository, digest) for one in going for digest in (one.held.digest, *one.held.manifests)]
    return [each for each in dict.fromkeys(listed) if each not in staying]
