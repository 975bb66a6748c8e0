from __future__ import annotations

import difflib
import tomllib
from pathlib import Path

import pytest

from shiplane.config import edit
from shiplane.errors import ConfigError, UnknownKey

TEXT = """\
# What is shipped.
[tool.shiplane]
name = "shop" # known to everybody
registry = 'ghcr.io'

[tool.shiplane.environments.staging]
url = "https://staging.test"  # by hand
branches = [
    "main", # always
]

# --- the next one's comment
[tool.other]
x = 1
"""
OWN = (Path(__file__).parents[3] / "pyproject.toml").read_text(encoding="utf-8")


def changes(before: str, after: str) -> list[str]:
    lines = difflib.ndiff(before.splitlines(), after.splitlines())
    return [line for line in lines if line[0] in "+-"]


@pytest.mark.parametrize(
    ("path", "value", "expected"),
    [
        ("name", "store", ['- name = "shop" # known to everybody', '+ name = "store" # known to everybody']),
        (
            "environments.staging.url",
            "https://x.test",
            ['- url = "https://staging.test"  # by hand', '+ url = "https://x.test"  # by hand'],
        ),
        ("owner", "acme", ['+ owner = "acme"']),
        ("limits.e2e", 900, ["+ [tool.shiplane.limits]", "+ e2e = 900", "+ "]),
        ("name", "shop", []),
        ("environments.staging.branches", ["main"], []),
    ],
)
def test_one_key_changes_and_nothing_else(path: str, value: object, expected: list[str]) -> None:
    after = edit.with_value(TEXT, path, value)
    assert sorted(changes(TEXT, after)) == sorted(expected)
    tomllib.loads(after)


def test_a_new_table_stands_behind_the_last_one_of_ours() -> None:
    after = edit.with_value(TEXT, "limits.e2e", 900)
    assert "]\n\n[tool.shiplane.limits]\ne2e = 900\n\n# --- the next one's comment\n[tool.other]\n" in after


@pytest.mark.parametrize("text", ["", "[project]\nname = 'x'\n", "[tool.other]\nx = 1", "tool.other.x = 1\n"])
def test_a_file_without_a_table_of_ours(text: str) -> None:
    after = edit.with_value(text, "limits.e2e", 900)
    assert tomllib.loads(after)["tool"]["shiplane"] == {"limits": {"e2e": 900}}
    assert all(line in after.splitlines() for line in text.splitlines())


def test_a_line_that_looks_like_a_header_does_not_mislead() -> None:
    text = TEXT.replace("x = 1\n", 'x = """\n[tool.shiplane.hooks]\n"""\n')
    after = edit.with_value(text, "limits.e2e", 900)
    expected = tomllib.loads(text)
    expected["tool"]["shiplane"]["limits"] = {"e2e": 900}
    assert tomllib.loads(after) == expected


def test_the_projects_own_file() -> None:
    after = edit.with_value(OWN, "limits.e2e", 900)
    assert changes(OWN, after) in (
        ["+ [tool.shiplane.limits]", "+ e2e = 900", "+ "],
        ["+ ", "+ [tool.shiplane.limits]", "+ e2e = 900"],
    )
    assert edit.without(after, "limits.e2e").count("e2e = 900") == 0


def test_a_key_is_taken_out() -> None:
    assert changes(TEXT, edit.without(TEXT, "registry")) == ["- registry = 'ghcr.io'"]
    with pytest.raises(ConfigError, match=r"tool\.shiplane\.limits\.e2e: is not set in pyproject\.toml"):
        edit.without(TEXT, "limits.e2e")


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("rolout", "did you mean 'rollout'?"),
        ("limits.e2", "did you mean 'e2e'?"),
        ("environments.staging.ur", "did you mean 'url'?"),
        ("hooks.pre-deploy.on", "known keys: "),
    ],
)
def test_a_key_that_is_none(path: str, told: str) -> None:
    with pytest.raises(UnknownKey) as caught:
        edit.with_value(TEXT, path, "x")
    assert caught.value.fix.startswith(told)


def test_lines_of_keys() -> None:
    assert edit.lines(TEXT) == {
        "name": 3,
        "registry": 4,
        "environments.staging.url": 7,
        "environments.staging.branches": 8,
    }
