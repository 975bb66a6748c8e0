from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from shiplane.deploy.promotion import check_order, check_promotion
from shiplane.errors import OlderRelease, Unsafe
from shiplane.model import Deployment, Image

if TYPE_CHECKING:
    from shiplane.model import Release


def check(release: Release, **words: Any) -> None:  # noqa: ANN401 - handed on
    digests = release.digests()
    check_promotion(release, **{"running": digests, "tested": digests, "served_in_production": False, **words})


def test_what_may_go(release: Release) -> None:
    check(release)
    check(release, running=None)
    check(release, running={}, tested=None, served_in_production=True)
    check(replace(release, branch="feature/x"), served_in_production=True)
    check(replace(release, dirty=True), allow_dirty=True)
    check(replace(release, branch="trunk"), main="trunk")


PINS = (
    ("POSTGRES_IMAGE", Image("docker.io/library/postgres:17", "sha256:p")),
    ("REDIS_IMAGE", Image("redis:8", "sha256:r")),
)


@pytest.mark.parametrize("pins", ["third_party", "asked"])
@pytest.mark.parametrize(
    ("seen", "refused"),
    [
        (("postgres@sha256:p", "redis@sha256:r", "r/other@sha256:o"), ""),
        ((), ""),
        (("redis@sha256:x", "postgres@sha256:x"), "postgres@sha256:x, redis@sha256:x"),
        (("postgres@sha256:p", "postgres@sha256:of another service"), ""),
    ],
    ids=["the same", "not in use", "others", "two services"],
)
def test_images_of_others_are_those_that_were_tested_and_run_on_staging(
    release: Release, pins: str, seen: tuple[str, ...], refused: str
) -> None:
    pinned = replace(release, **{pins: PINS})
    for name, words in (("tested_beside", "E2E passed beside"), ("running_beside", "staging runs")):
        if refused:
            with pytest.raises(Unsafe) as caught:
                check(pinned, **{name: seen})
            assert caught.value.cause == f"{words} {refused}, for which {release.id} has another digest"
            assert caught.value.fix == "run: invoke deploy --env staging, then: invoke e2e --env staging"
        else:
            check(pinned, **{name: seen})
        check(pinned, **{name: seen}, served_in_production=True)


@pytest.mark.parametrize(
    ("change", "words", "cause"),
    [
        ({"branch": "feature/x"}, {}, "was built from feature/x, not from main"),
        ({"dirty": True}, {}, "holds uncommitted edits"),
        ({"dirty": True}, {"served_in_production": True}, "holds uncommitted edits"),
        ({}, {"tested": None}, "E2E has not passed on"),
        ({}, {"tested": {"backend": "sha256:x"}}, "backend sha256:x instead of sha256:"),
        ({}, {"tested": {}}, "backend none instead of sha256:"),
        ({}, {"running": {"backend": "sha256:x"}}, "staging runs other digests .* backend sha256:x instead of"),
    ],
)
def test_what_is_refused(release: Release, change: dict[str, Any], words: dict[str, Any], cause: str) -> None:
    with pytest.raises(Unsafe, match=cause) as caught:
        check(replace(release, **change), **words)
    assert caught.value.exit_code == 8
    assert caught.value.fix


def test_how_a_release_gets_tested(release: Release) -> None:
    with pytest.raises(Unsafe) as caught:
        check(release, tested=None)
    assert caught.value.fix == "run: invoke deploy --env staging, then: invoke e2e --env staging"


SERVING = Deployment("d1", "production", "u", "two", "c2", "r42", "promote", "deployed", "", "")


@pytest.mark.parametrize("only_forward", [True, False])
@pytest.mark.parametrize(("commit", "older"), [("c1", False), ("c2", True), ("c2", None)])
def test_what_is_newer_or_the_same_goes(
    release: Release, commit: str, *, older: bool | None, only_forward: bool
) -> None:
    chosen = replace(release, commit=commit)
    assert check_order(chosen, SERVING, older=older, served=False, only_forward=only_forward) == ""


@pytest.mark.parametrize("served", [True, False])
def test_what_is_older_is_refused_after_a_push_and_told_by_hand(release: Release, *, served: bool) -> None:
    back = "to go back: invoke rollback --env production --to one; " if served else ""
    fix = f"{back}to ship it all the same: invoke promote --to production --release one --older"
    old = replace(release, id="one", commit="c1")
    with pytest.raises(OlderRelease) as caught:
        check_order(old, SERVING, older=True, served=served, only_forward=True)
    assert (caught.value.cause, caught.value.fix) == ("one is older than two, which production serves", fix)
    told = check_order(old, SERVING, older=True, served=served, only_forward=False)
    assert told == "one is older than two, which production serves: going back to it"


@pytest.mark.parametrize("only_forward", [True, False])
def test_what_git_does_not_know_is_told_and_goes(release: Release, *, only_forward: bool) -> None:
    old = replace(release, id="one", commit="c1")
    told = check_order(old, SERVING, older=None, served=False, only_forward=only_forward)
    assert told == "whether one is newer than two cannot be told: a commit is not in this clone"
