from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from samples import COMMIT
from shiplane.model import Event
from shiplane.planning.caches import Level, readable, writable
from shiplane.planning.naming import branch_tag

TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}")


def names(levels: tuple[Level, ...]) -> list[str]:
    return [level.name for level in levels]


def test_a_branch_reads_five_levels_in_their_order() -> None:
    assert readable("production", "1.0.0", "feature/x", "main") == (
        Level("version+branch", "cache.production.1.0.0_feature-x"),
        Level("version+main", "cache.production.1.0.0_main"),
        Level("branch", "cache.production._feature-x"),
        Level("main", "cache.production._main"),
        Level("general", "cache.production._"),
    )


def test_main_has_each_of_its_levels_once() -> None:
    assert names(readable("production", "1.0.0", "main", "main")) == ["version+branch", "branch", "general"]


@pytest.mark.parametrize(
    ("event", "branch", "written"),
    [
        ("push", "main", ["version+branch", "branch", "general"]),
        ("manual", "feature/x", ["version+branch", "branch", "general"]),
        ("push", "feature/x", ["version+branch", "branch", "general"]),
        ("pull_request", "feature/x", ["version+branch", "branch"]),
        ("pull_request", "main", []),
    ],
)
def test_what_an_event_may_write(event: str, branch: str, written: list[str]) -> None:
    levels = writable("production", "1.0.0", Event(event, branch, COMMIT), "main")  # type: ignore[arg-type] - parameters
    assert names(levels) == written


BRANCHES = st.one_of(st.sampled_from(["main", "feature/x", "feature-x", "Main"]), st.text("ab/-_.A", min_size=1))


@given(BRANCHES, st.text("0123.ab_-", min_size=1, max_size=60), st.sampled_from(["push", "manual", "pull_request"]))
def test_nobody_but_main_s_pushes_writes_what_is_main_s(branch: str, version: str, event: str) -> None:
    mains = {level.tag for level in writable("production", version, Event("push", "main", COMMIT), "main")}
    made = writable("production", version, Event(event, branch, COMMIT), "main")  # type: ignore[arg-type] - sampled
    written = {level.tag for level in made}
    assert all(TAG.fullmatch(tag) for tag in written)
    if branch != "main":
        assert written & mains <= {"cache.production._"}
    if event == "pull_request":
        assert not written & mains


@given(st.text(min_size=1))
def test_no_branch_s_image_has_the_tag_of_a_cache(branch: str) -> None:
    assert "." not in branch_tag(branch)


def test_what_is_too_long_for_a_tag_has_one_of_its_own() -> None:
    tags = [readable("production", "1" * 60, f"feature/{'x' * 90}{end}", "main")[0].tag for end in ("a", "b")]
    assert len(set(tags)) == 2
    assert all(TAG.fullmatch(tag) for tag in tags)


@given(BRANCHES, st.sampled_from(["main", "feature/x", "master"]), st.sampled_from(["development", "production"]))
def test_no_pull_request_writes_what_main_reads(branch: str, main: str, kind: str) -> None:
    """Also one from a fork, which may call its branch as it likes."""
    read = {level.tag for level in readable(kind, "1.0.0", main, main)}
    assert not read & {level.tag for level in writable(kind, "1.0.0", Event("pull_request", branch, COMMIT), main)}
