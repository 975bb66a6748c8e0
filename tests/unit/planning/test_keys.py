from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from samples import CONFIG, HARD
from shiplane.facts.hashes import UNKNOWN
from shiplane.facts.inventory import Inventory
from shiplane.model import Inputs
from shiplane.planning.keys import UNTOLD, Item, difference, items_of, key_of

FILES = Inventory({"backend/a.py": "100644 1", "backend/deep/b.py": "100644 2", "docs/x.md": "100644 3", ".env": "1"})
names = st.sampled_from(["backend/a.py", "backend/b c.py", "DB_USER", "nginx:1"])
rows = st.lists(st.tuples(st.sampled_from(["file", "image", "value"]), names, st.text(max_size=3)), max_size=6)


def files(*patterns: str, without: tuple[str, ...] = ()) -> list[str]:
    items = items_of(Inputs(files=patterns, without=without), FILES, CONFIG, {}, {})
    return [name for _, name, _ in items]


def test_patterns_are_globs_that_know_folders() -> None:
    assert files("backend/**") == ["backend/a.py", "backend/deep/b.py"]
    assert files("backend/*") == ["backend/a.py"]
    assert files("**/*.py") == ["backend/a.py", "backend/deep/b.py"]
    assert files("**/?.md") == ["docs/x.md"]
    assert files(".env") == [".env"]
    assert files("**", without=("docs/**", ".env")) == ["backend/a.py", "backend/deep/b.py"]
    assert files() == []
    assert files("backend/a.p") == []


def test_what_the_items_say() -> None:
    inputs = Inputs(
        files=("docs/**",),
        config=("components.backend", "rollout", "components.none"),
        environ=("DB_PASSWORD", "DB_USER"),
        images=("nginx:1", "redis:8"),
        values=(("version of x", "1"),),
    )
    items = items_of(inputs, FILES, CONFIG, {"DB_PASSWORD": HARD}, {"nginx:1": "sha256:1"})
    assert HARD not in str(items)
    (file, backend, rollout, none, password, user, nginx, redis, value) = items
    assert file == ("file", "docs/x.md", "100644 3")
    assert backend[:2] == ("config", "components.backend")
    assert '"context": "backend"' in backend[2]
    assert rollout == ("config", "rollout", '"rolling"')
    assert none == ("config", "components.none", "null")
    assert password[:2] == ("variable", "DB_PASSWORD")
    assert len(password[2]) == 64
    assert user == ("variable", "DB_USER", "unset")
    assert (nginx, redis) == (("image", "nginx:1", "sha256:1"), ("image", "redis:8", ""))
    assert value == ("value", "version of x", "1")


def test_versions_of_tools_count_where_a_step_runs_them() -> None:
    here = {"engine": "26.1", "python": "3.11.2", "python/ruff": "0.14.5"}

    def items(*patterns: str, **other: str) -> tuple[Item, ...]:
        return items_of(Inputs(tools=patterns), FILES, CONFIG, {}, {}, here | other)

    assert items("engine", "buildx") == (("tool", "engine", "26.1"),)
    assert items("python", "python/**") == (("tool", "python", "3.11.2"), ("tool", "python/ruff", "0.14.5"))
    before, after = items("python/**"), items("python/**", **{"python/ruff": "0.14.6"})
    assert key_of(before) != key_of(after)
    assert difference(before, after) == "tool python/ruff changed"
    assert items("compose") == ()


def test_an_empty_variable_is_not_an_unset_one() -> None:
    inputs = Inputs(environ=("X",))
    unset, empty = (items_of(inputs, FILES, CONFIG, environ, {}) for environ in ({}, {"X": ""}))
    assert key_of(unset) != key_of(empty)


def test_content_that_cannot_be_told_has_no_key() -> None:
    assert key_of([("file", "nested/", UNKNOWN)]) == UNTOLD
    assert key_of([("value", "x", UNKNOWN)]) != UNTOLD


@given(rows, rows)
def test_keys_are_equal_where_the_items_are(one: list[Item], other: list[Item]) -> None:
    assert (key_of(one) == key_of(other)) == (one == other)


@given(rows, rows)
def test_a_difference_is_told_where_there_is_one(one: list[Item], other: list[Item]) -> None:
    before, after = ({(kind, name): value for kind, name, value in items} for items in (one, other))
    assert bool(difference(one, other)) == (before != after)


def test_how_a_difference_reads() -> None:
    before = [("file", "a", "1"), ("file", "b", "1"), ("image", "nginx:1", "x"), ("value", "what lint runs", "1")]
    assert difference(before, [("file", "a", "2"), *before[1:]]) == "a changed"
    assert difference(before, [*before, ("file", "c", "1")]) == "c is new"
    assert difference(before, before[1:]) == "a is gone"
    assert difference(before, []) == "a is gone, b is gone and 2 more"
    assert difference(before, [*before[:2], ("image", "nginx:1", "y"), ("value", "what lint runs", "2")]) == (
        "image nginx:1 changed, what lint runs changed"
    )
