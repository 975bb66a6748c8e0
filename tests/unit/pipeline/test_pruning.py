from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from samples import CONFIG, NAMING, make_release
from shiplane.config import Prune
from shiplane.deploy.survey import Entry, State
from shiplane.errors import ReleaseDamaged, TimeLimit
from shiplane.model import Deployment
from shiplane.pipeline.pruning import carry_out, live_branches, of_damaged, survey
from shiplane.planning.prune import Held
from shiplane.report.prune_text import render_pruned
from shiplane.runners.recording import RecordingRunner

if TYPE_CHECKING:
    from shiplane.model import Command
    from shiplane.runners.base import Completed

DAY = 86400.0
RELEASE = make_release()
NOW = 1_800_000_000.0
OLD_TAG = "1.0.0-bbbbbbbbbbbb"


class Shelf:
    """Hold one image and a cache of each component, under the digests of a release and others."""

    def __init__(self) -> None:
        self.removed: list[tuple[str, str]] = []

    def held(self, repository: str) -> tuple[Held, ...]:
        digest = RELEASE.image(repository.partition("-")[2]).digest
        return (
            Held(repository, digest, ("1.0.0-aaaaaaaaaaaa",), NOW - 90 * DAY, {digest: 5}, ()),
            Held(repository, "sha256:newest", ("1.0.0-cccccccccccc",), NOW - 80 * DAY, {"sha256:newest": 5}, ()),
            Held(repository, "sha256:cache", ("cache.production._feature-x",), NOW, {"sha256:cache": 7}, ()),
        )

    def remove(self, repository: str, digest: str) -> None:
        self.removed.append((repository, digest))


def decided(**words: object) -> dict[str, set[str]]:
    given = {"releases": [], "known": [], "live": {"main"}, "now": NOW} | words
    config = replace(CONFIG, prune=Prune(releases=1, days=10))
    found = survey(Shelf(), NAMING, config, **given)  # type: ignore[arg-type]
    return {
        name: {one.held.digest for one in found.going if one.held.repository.endswith(name)}
        for name in ("backend", "frontend")
    }


def test_what_an_environment_has_stays() -> None:
    gone = {"sha256:cache"}
    assert decided(releases=[RELEASE]) == {"backend": gone, "frontend": gone}
    assert decided()["backend"] == {"sha256:cache", RELEASE.image("backend").digest}


def test_what_an_environment_has_and_cannot_tell_of_stays_by_its_record() -> None:
    served = Deployment("d1", "staging", "u", RELEASE.id, "c", "r0", "deploy", "deployed", "", "")
    state = State(damaged=frozenset([RELEASE.id]), entries=(Entry(served, "ada", RELEASE.digests()),))
    assert of_damaged("staging", State()) == set()
    digests = of_damaged("staging", state)
    gone = {"sha256:cache"}
    assert decided(digests=digests) == {"backend": gone, "frontend": gone}
    with pytest.raises(ReleaseDamaged, match="the manifest of other on staging cannot be read"):
        of_damaged("staging", replace(state, damaged=frozenset([RELEASE.id, "other"])))


def test_what_was_published_a_moment_ago_stays_however_old_its_inputs_are() -> None:
    young = replace(RELEASE, created_at="2027-01-14T00:00:00.000Z")
    others = [replace(make_release(str(n)), created_at=f"2027-01-15T0{n}:00:00.000Z", images=()) for n in range(3)]
    assert RELEASE.image("backend").digest not in decided(known=[young, *others])["backend"]
    assert RELEASE.image("backend").digest in decided(known=[RELEASE, *others])["backend"]
    assert RELEASE.image("backend").digest not in decided(known=[RELEASE])["backend"]


@pytest.mark.parametrize("live", [{"main", "feature/x"}, None])
def test_a_branch_that_is_there_or_of_which_nobody_knows_keeps_its_caches(live: set[str] | None) -> None:
    assert "sha256:cache" not in decided(live=live)["backend"]


HEADS = "0123\trefs/heads/main\n4567\trefs/heads/feature/x"


@pytest.mark.parametrize(
    ("answers", "wanted"),
    [
        ([("git remote$", "up\norigin", 0), ("ls-remote --heads origin", HEADS, 0)], {"main", "feature/x"}),
        ([("git remote$", "up", 0), ("ls-remote --heads up", HEADS, 0)], {"main", "feature/x"}),
        ([("git remote$", "origin", 0), ("ls-remote", "", 128)], None),
        ([("git remote$", "origin", 0), ("ls-remote", "", 0)], None),
        ([("for-each-ref", "main\nfix/y", 0)], {"main", "fix/y"}),
        ([("for-each-ref", "", 0)], None),
    ],
)
def test_the_branches_that_there_are(answers: list[tuple[str, str, int]], wanted: set[str] | None) -> None:
    assert live_branches(RecordingRunner(answers), lambda _line: None) == wanted


def test_a_remote_that_does_not_answer_in_time_tells_no_branches() -> None:
    class Slow(RecordingRunner):
        def run(self, command: Command, **words: object) -> Completed:
            if "ls-remote" in command.argv:
                raise TimeLimit("git ls-remote", 20)
            return super().run(command, **words)  # type: ignore[arg-type]

    said: list[str] = []
    assert live_branches(Slow([("git remote$", "up", 0)]), said.append) is None
    assert said == ["up does not tell its branches, so none counts as gone"]


def test_what_goes_is_removed_and_told() -> None:
    shelf, said = Shelf(), []
    config = replace(CONFIG, prune=Prune(releases=1, days=10))
    found = survey(shelf, NAMING, config, [RELEASE], [], {"main"}, NOW)  # type: ignore[arg-type]
    assert render_pruned(found).splitlines() == [
        "acme/app-backend@sha256:cache  cache.production._feature-x: the branch feature-x is gone",
        "acme/app-frontend@sha256:cache  cache.production._feature-x: the branch feature-x is gone",
        "2 of 6 may go (0.0 MB), 4 stay",
    ]
    assert found.to_json()["bytes"] == 14
    carry_out(shelf, found, said.append)  # type: ignore[arg-type]
    assert shelf.removed == [("acme/app-backend", "sha256:cache"), ("acme/app-frontend", "sha256:cache")]
    assert said == [f"removed {repository}@{digest}" for repository, digest in shelf.removed]
