"""Taking out of a registry what no release needs any more: what every environment has is asked for first."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from shiplane.commands import git
from shiplane.errors import ReleaseDamaged, TimeLimit
from shiplane.planning import prune
from shiplane.planning.naming import branch_tag

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable

    from shiplane.config import Config
    from shiplane.deploy.survey import State
    from shiplane.model import Release
    from shiplane.pipeline.shelf import Shelf
    from shiplane.planning import Naming
    from shiplane.planning.prune import Gone, Held
    from shiplane.runners.base import Runner

    Say = Callable[[str], None]


_DAY = 86400


@dataclass(frozen=True, slots=True)
class Pruned:
    """Say what may go, and the bytes that nothing else holds."""

    held: tuple[Held, ...]
    going: tuple[Gone, ...]

    @property
    def freed(self) -> int:
        """Give the bytes that are free once the registry has swept."""
        return prune.freed(self.held, self.going)

    def to_json(self) -> dict[str, Any]:
        """Give what `images.prune --json` prints."""
        listed = [
            {"repository": one.held.repository, "digest": one.held.digest, "tags": list(one.held.tags), "why": one.why}
            for one in self.going
        ]
        return {"images": listed, "bytes": self.freed}


def survey(  # noqa: PLR0913 - what is decided from, each by name
    shelf: Shelf,
    naming: Naming,
    config: Config,
    releases: Iterable[Release],
    known: Iterable[Release],
    live: set[str] | None,
    now: float,
    digests: Collection[str] = (),
) -> Pruned:
    """Decide what may go: `releases` are those that environments have, `known` those that were published from here.

    `live` are the branches that there are; None where nobody can say, so that none counts as gone. `digests` are what
    environments need besides.
    """
    repositories = [naming.repository(one.name).partition("/")[2] for one in config.components]
    held = tuple(each for repository in repositories for each in shelf.held(repository))
    there, published = list(releases), sorted(known, key=lambda each: each.created_at, reverse=True)
    # An image is as old as its inputs: what was published of old ones just now is told by its release alone.
    since = datetime.fromtimestamp(now - config.prune.days * _DAY, UTC).isoformat()
    recent = [*published[: config.prune.releases], *(each for each in published if each.created_at >= since)]
    needed = {*digests, *(digest for release in (*there, *recent) for digest in release.digests().values())}
    gone = gone_branches(held, (*there, *published), live, config.main_branch)
    return Pruned(held, prune.choose(held, needed, gone, config.prune, now))


def of_damaged(environment: str, state: State) -> set[str]:
    """Give the digests of releases that an environment keeps and cannot tell of, by the records of their deploys.

    Raises `ReleaseDamaged` where there is no record: what such a release needs is not known.
    """
    recorded = {entry.deployment.release: entry.digests for entry in state.entries}
    for name in sorted(state.damaged - recorded.keys()):
        raise ReleaseDamaged(environment, name)
    return {digest for name in state.damaged for digest in recorded[name].values()}


def agreed(shown: Pruned, now: Pruned) -> Pruned:
    """Give what may go now, of what a person was shown."""
    known = {one.held.place for one in shown.going}
    return Pruned(now.held, tuple(one for one in now.going if one.held.place in known))


def gone_branches(held: Iterable[Held], known: Iterable[Release], live: set[str] | None, main: str) -> frozenset[str]:
    """Give the tags of branches that left something behind and are no more."""
    if live is None:
        return frozenset()
    left = prune.branches_of(tag for each in held for tag in each.tags) | {branch_tag(one.branch) for one in known}
    return left - {branch_tag(name) for name in (*live, main)}


def live_branches(runner: Runner, say: Say) -> set[str] | None:
    """Ask where the branches are kept for which there are; without another repository this clone has all."""
    remotes = runner.run(git.remotes()).stdout.split()
    if not remotes:
        found = runner.run(git.branches())
        return set(found.stdout.split()) if found.ok and found.stdout else None
    remote = "origin" if "origin" in remotes else remotes[0]
    names = set[str]()
    with suppress(TimeLimit):
        asked = runner.run(git.far_branches(remote))
        told = asked.stdout.splitlines() if asked.ok else ()
        names = {line.partition("\trefs/heads/")[2] for line in told} - {""}
    if not names:
        say(f"{remote} does not tell its branches, so none counts as gone")
    return names or None


def carry_out(shelf: Shelf, pruned: Pruned, say: Say) -> None:
    """Remove it; raises `DeletionRefused` where the registry does not delete."""
    for repository, digest in prune.manifests(pruned.held, pruned.going):
        shelf.remove(repository, digest)
        say(f"removed {repository}@{digest}")
