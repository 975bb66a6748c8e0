from __future__ import annotations

from shiplane.config import Prune
from shiplane.planning.prune import Held, branches_of, choose, freed, manifests

DAY = 86400.0
NOW = 100 * DAY
POLICY = Prune(releases=1, days=10)


def held(digest: str, *tags: str, days: float = 50, blobs: tuple[str, ...] = (), below: tuple[str, ...] = ()) -> Held:
    parts = {digest: 1, **dict.fromkeys(below, 1), **dict.fromkeys(blobs, 100)}
    return Held("acme/app", digest, tags, NOW - days * DAY, parts, below)


NEWEST = held("new", "1.0.0-aaaaaaaaaaaa", days=20, blobs=("base", "n"))
OLD = held("old", "1.0.0-bbbbbbbbbbbb", "0.9.0-cccccccccccc-dirty-12ab", blobs=("base", "o"), below=("part",))


def going(*listed: Held, needed: set[str] | None = None, gone: set[str] | None = None) -> dict[str, str]:
    found = choose(listed, needed or set(), gone or set(), POLICY, NOW)
    return {one.held.digest: one.why for one in found}


def test_releases_that_are_old_and_not_among_the_newest_go() -> None:
    assert going(NEWEST, OLD) == {"old": "older than 10 days, and not among the newest 1"}
    assert going(OLD) == {}


def test_each_repository_keeps_its_own_newest() -> None:
    other = Held("acme/other", "other", ("1.0.0-dddddddddddd",), NOW - 90 * DAY, {}, ())
    assert set(going(NEWEST, OLD, other)) == {"old"}


def test_what_an_environment_needs_stays_whatever_its_age() -> None:
    assert going(NEWEST, OLD, needed={"old"}) == {}
    # One that was deployed by the digest of one of its platforms.
    assert going(NEWEST, OLD, needed={"part"}) == {}


def test_what_is_young_stays() -> None:
    young = [held(f"young{days}", "1.0.0-bbbbbbbbbbbb", days=days) for days in (3, 9)]
    assert going(OLD, *young) == going(OLD, young[0])
    assert set(going(OLD, *young)) == {"old"}


def test_a_tag_that_moves_keeps_what_it_names() -> None:
    for tag in ("latest", "1.0.0", "feature-x", "stable", "feature-x-12345678"):
        assert going(NEWEST, held("old", "1.0.0-bbbbbbbbbbbb", tag)) == {}


def test_what_branches_left_goes_with_them() -> None:
    image = held("image", "1.0.0-bbbbbbbbbbbb", "feature-x")
    caches = [
        held(f"c{n}", f"cache.production.{text}", days=0) for n, text in enumerate(("1.0.0_feature-x", "_feature-x"))
    ]
    others = [
        held(f"o{n}", f"cache.production.{text}") for n, text in enumerate(("1.0.0_main", "_main", "_", "a" * 64))
    ]
    found = going(NEWEST, image, *caches, *others, gone={"feature-x"})
    assert set(found) == {"image", "c0", "c1"}
    assert found["c0"] == "the branch feature-x is gone"
    assert going(NEWEST, image, *caches, *others) == {}


def test_caches_of_versions_of_which_no_release_stays_go() -> None:
    caches = [
        held(f"c{n}", f"cache.production.{text}", days=0)
        for n, text in enumerate(("1.0.0_main", "0.9.0_main", "0.8.0_feature-x", "2.0.0_main", "_main", "_"))
    ]
    # The tag of a version keeps its last image, and says nothing of a release.
    last = held("last", "0.9.0-cccccccccccc", "0.9.0")
    older = held("older", "0.8.0-dddddddddddd")
    found = going(NEWEST, last, older, *caches)
    assert found.pop("older") == "older than 10 days, and not among the newest 1"
    # Of 2.0.0 nothing was released yet.
    assert found == {
        "c1": "no release of version 0.9.0 stays",
        "c2": "no release of version 0.8.0 stays",
    }
    assert set(going(NEWEST, last, older, *caches, needed={"last"})) == {"older", "c2"}
    young = held("young", "0.8.0-eeeeeeeeeeee", days=5)
    assert set(going(last, young, *caches)) == {"c1"}


def test_a_cache_that_a_version_which_stays_has_too_stays() -> None:
    both = held("both", "cache.production.0.9.0_main", "cache.production._main", days=0)
    other = Held("acme/other", "cache", ("cache.production.0.9.0_main",), NOW, {}, ())
    assert going(NEWEST, held("last", "0.9.0-cccccccccccc", "0.9.0"), both, other) == {}


def test_branches_are_told_by_their_caches() -> None:
    tags = (
        "cache.production.1.0.0_feature-x",
        "cache.development._fix-y",
        "cache.production._",
        f"cache.x.{'a' * 64}",
        "1.0.0",
    )
    assert branches_of(tags) == {"feature-x", "fix-y"}


def test_what_is_shared_frees_nothing() -> None:
    listed = (NEWEST, OLD)
    found = choose(listed, set(), set(), POLICY, NOW)
    assert freed(listed, found) == 1 + 1 + 100
    assert freed(listed, ()) == 0


def test_an_index_goes_before_what_it_names_and_what_others_name_stays() -> None:
    shared = held("new", "1.0.0-aaaaaaaaaaaa", days=20, below=("shared",))
    old = held("old", "1.0.0-bbbbbbbbbbbb", below=("part", "shared"))
    listed = (shared, old)
    found = choose(listed, set(), set(), POLICY, NOW)
    assert manifests(listed, found) == [("acme/app", "old"), ("acme/app", "part")]


def test_a_part_that_has_a_tag_of_its_own_stays() -> None:
    old, part = held("old", "1.0.0-bbbbbbbbbbbb", below=("part", "other")), held("part", "of-somebody")
    listed = (NEWEST, old, part)
    found = choose(listed, set(), set(), POLICY, NOW)
    assert manifests(listed, found) == [("acme/app", "old"), ("acme/app", "other")]
