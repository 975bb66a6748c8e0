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
_RELEASE = re.compile(r".+-[0-9a-f]{12}(-dirty-[0-9a-f]+)?")


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


@dataclass(frozen=True, slots=True)
class Gone:
    """Name what may go, and why."""

    held: Held
    why: str


def branches_of(tags: Iterable[str]) -> frozenset[str]:
    """Give the tags of branches whose caches are among these."""
    named = (tag.removeprefix(_CACHE).partition(".")[2].rpartition("_") for tag in tags if tag.startswith(_CACHE))
    return frozenset(branch for _, line, branch in named if line and branch)


def choose(
    held: Collection[Held], needed: Collection[str], gone: Collection[str], policy: Prune, now: float
) -> tuple[Gone, ...]:
    """Give what may go: what no environment needs (by digest), and only where all of its tags agree.

    `gone` are the tags of branches that are no more. A tag that is neither a release's nor theirs keeps what it names.
    """
    wanted, newest = set(needed), _newest(held, policy.releases)
    found = []
    for each in held:
        if wanted & {each.digest, *each.manifests} or (each.repository, each.digest) in newest:
            continue
        reasons = [_reason(each, tag, gone, policy, now) for tag in each.tags]
        if reasons and all(reasons):
            found.append(Gone(each, reasons[0]))
    return tuple(found)


def _newest(held: Collection[Held], count: int) -> set[tuple[str, str]]:
    """Give the newest releases of each repository."""
    found = set[tuple[str, str]]()
    for repository in {each.repository for each in held}:
        made = [each for each in held if each.repository == repository and any(map(_RELEASE.fullmatch, each.tags))]
        made.sort(key=lambda each: (each.created, each.digest), reverse=True)
        found |= {(each.repository, each.digest) for each in made[:count]}
    return found


def _reason(held: Held, tag: str, gone: Collection[str], policy: Prune, now: float) -> str:
    """Say why a tag keeps nothing; empty where it keeps what it names."""
    branch = tag if tag in gone else next(iter(branches_of([tag]) & set(gone)), "")
    if branch:
        return f"the branch {branch} is gone"
    if _RELEASE.fullmatch(tag) and held.created < now - policy.days * _DAY:
        return f"older than {policy.days} days, and not among the newest {policy.releases}"
    return ""


def freed(held: Collection[Held], going: Collection[Gone]) -> int:
    """Give the bytes that nothing else in the same repository holds."""
    leaving = {(one.held.repository, one.held.digest) for one in going}
    staying = {
        (one.repository, blob) for one in held if (one.repository, one.digest) not in leaving for blob in one.blobs
    }
    parts = {(one.held.repository, blob): size for one in going for blob, size in one.held.blobs.items()}
    return sum(size for part, size in parts.items() if part not in staying)


def manifests(held: Collection[Held], going: Collection[Gone]) -> list[tuple[str, str]]:
    """Give the manifests to remove by repository and digest, indexes before what they name, none that stays needed."""
    leaving = {(one.held.repository, one.held.digest) for one in going}
    staying = {
        (one.repository, digest)
        for one in held
        if (one.repository, one.digest) not in leaving
        for digest in one.manifests
    }
    listed = [(one.held.repository, digest) for one in going for digest in (one.held.digest, *one.held.manifests)]
    return [each for each in dict.fromkeys(listed) if each not in staying]
