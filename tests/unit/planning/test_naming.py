from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from samples import NAMING, make_facts
from shiplane.planning.naming import branch_tag, development_tag

TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}")


def test_a_repository() -> None:
    assert NAMING.repository("backend") == "registry.test/acme/app-backend"


def test_the_tags_of_main() -> None:
    facts = make_facts(versions=("1.0.0", "2.0.0"))
    assert NAMING.tags("frontend", facts, "main", main=True) == ("2.0.0-664a230c1f2e", "2.0.0", "main", "latest")


def test_the_tags_of_a_feature_branch() -> None:
    tags = NAMING.tags("backend", make_facts(), "feature/x", main=False)
    assert tags == ("1.0.0-664a230c1f2e", "1.0.0", "feature-x")


@pytest.mark.parametrize("main", [True, False])
def test_edits_move_no_tag(main: bool) -> None:  # noqa: FBT001 - a parameter of the test
    tags = NAMING.tags("backend", make_facts("abcdef12"), "main", main=main)
    assert tags == ("1.0.0-664a230c1f2e-dirty-abcdef12",)


def test_a_development_image() -> None:
    assert development_tag("backend", "1.0.0") == "backend-dev:1.0.0"


@pytest.mark.parametrize(
    ("branch", "tag"),
    [
        ("main", "main"),
        ("feature/x", "feature-x"),
        ("feature/new-login", "feature-new-login"),
        ("feature/a/b", "feature-a-b-d606f35a"),
        ("feature-x", "feature-x-c791eb83"),
        ("Feature/X", "feature-x-02cc1910"),
        ("feature/ä", "feature-4bfcef34"),
        ("latest", "latest-5e1e2bca"),
        ("1.0.0", "1-0-0-92521fc3"),
        ("v2", "v2-fb04dcb6"),
        ("release/664a230c1f2e", "release-664a230c1f2e-e65a7809"),
    ],
)
def test_the_tag_of_a_branch(branch: str, tag: str) -> None:
    assert branch_tag(branch) == tag


def test_branches_that_read_alike_have_tags_of_their_own() -> None:
    alike = ["feature/x", "Feature/x", "feature/X", "feature/x!", "feature/ x", "feature--x", "feature-x", "feature_x"]
    branches = [*alike, "a/b/c", "a/b-c", "a-b/c", "a-b-c", f"b/{'c' * 200}", f"b/{'c' * 201}"]
    tags = [branch_tag(branch) for branch in branches]
    # What a hash was given to may be a branch's own name too.
    tags += [branch_tag(tag) for tag in tags if tag not in branches]
    assert len(set(tags)) == len(tags)


SHORT = st.text("ab/-0f", min_size=1, max_size=14)


@given(st.sets(SHORT, max_size=30))
def test_any_branches_have_tags_of_their_own(branches: set[str]) -> None:
    assert len({branch_tag(branch) for branch in branches}) == len(branches)


@given(st.text(min_size=1))
def test_any_branch_makes_a_tag_that_is_not_latest_nor_the_version(branch: str) -> None:
    assert TAG.fullmatch(branch_tag(branch))
    assert not re.match(r"v?[0-9.]+$", branch_tag(branch))
    assert "latest" not in NAMING.tags("backend", make_facts(), branch, main=False)
