from __future__ import annotations

import pytest

from shiplane.facts.dockerignore import Dockerignore

# What BuildKit itself left out of a context, of all these names, when it was given these lines.
NAMES = (
    *(".env", "sub/.env", "sub/deep/.env.x", "a.txt", "A.TXT", "ab", "ac", "x y", "#hash", "star*name"),
    *("node_modules/keep", "node_modules/p/i.js", "sub/node_modules/q", "sub/deep/x.pyc", "sub/deep/keep.pyc"),
    *("build/out/1", "build/keep/2", "ä b/ü.txt"),
)
EXCLUDED = {
    "": (),
    "node_modules/": ("node_modules/keep", "node_modules/p/i.js"),
    "/node_modules": ("node_modules/keep", "node_modules/p/i.js"),
    "**/node_modules": ("node_modules/keep", "node_modules/p/i.js", "sub/node_modules/q"),
    "**/node_modules\n!node_modules/keep": ("node_modules/p/i.js", "sub/node_modules/q"),
    ".env*": (".env",),
    "**/.env\n**/.env.*": (".env", "sub/.env", "sub/deep/.env.x"),
    "a[bc]": ("ab", "ac"),
    "?b": ("ab",),
    "sub/**/x.pyc": ("sub/deep/x.pyc",),
    "**/*.pyc\n!**/keep.pyc": ("sub/deep/x.pyc",),
    "# a comment\n a.txt \n\n#hash": ("a.txt",),
    "x y\nä*/ü.txt": ("x y", "ä b/ü.txt"),
    "build\n!build/keep": ("build/out/1",),
    "build/*\n!build/keep/2": ("build/out/1",),
    "!a.txt\n*.txt": ("a.txt",),
    "*.txt\n! a.txt": (),
    "sub/../ab\n./ac": ("ab", "ac"),
    "star\\*name": ("star*name",),
    ".\n../a.txt\n..": (),
    "**": NAMES,
    "*\n!sub": tuple(name for name in NAMES if not name.startswith("sub/")),
}


@pytest.mark.parametrize(("text", "excluded"), EXCLUDED.items(), ids=map(repr, EXCLUDED))
def test_files_are_left_out_as_the_builder_does(text: str, excluded: tuple[str, ...]) -> None:
    read = Dockerignore(text)
    assert {name for name in NAMES if read.excludes(name)} == set(excluded)


@pytest.mark.parametrize(
    ("text", "whole"),
    [
        ("node_modules", True),
        ("node_modules\n!src", True),
        ("node_modules\n!node_modules", False),
        ("node_modules\n!node_modules/keep", False),
        ("node_modules\n!node_*/x/keep", False),
        ("node_modules\n!**/keep", False),
        ("other", False),
        ("node_modules/*", False),
    ],
)
def test_a_folder_is_not_looked_into_where_nothing_of_it_can_be_let_through(text: str, *, whole: bool) -> None:
    assert Dockerignore(text).excludes_whole("node_modules") == whole


def test_a_line_that_the_builder_refuses_excludes_nothing() -> None:
    assert not Dockerignore("[z-a]\n!\n[").excludes("z")


def test_a_mark_at_the_beginning_is_no_part_of_the_first_line() -> None:
    assert Dockerignore("\ufeff.env\n").excludes(".env")
