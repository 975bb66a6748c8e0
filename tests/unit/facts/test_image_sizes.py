from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from archives import File, Made, save
from shiplane.facts.image_sizes import Sizes, survey
from shiplane.facts.saved import Saved

if TYPE_CHECKING:
    from pathlib import Path

COPY = ("COPY . /app", 30)
RUN = "RUN |2 VERSION={version} REVISION=a b /bin/sh -c make # buildkit"


def sizes(*layers: tuple[str, int], **files: int) -> Sizes:
    return Sizes(layers, files)


def test_layers_above_the_base_are_measured(tmp_path: Path) -> None:
    layers = [
        ("ADD rootfs.tar /", {"base": File("x" * 9)}),
        ("COPY . /app", {"app": File(folder=True), "app/a": File("x" * 5), "app/link": File(link="a")}),
        ("RUN more", {"app/a": File("x" * 7), "app/b": File("x")}),
    ]
    with Saved(save(Made(layers), tmp_path / "image.tar")) as saved:
        found = survey(saved.images[0], 1)
    assert found == sizes(("COPY . /app", 5), ("RUN more", 8), **{"app/a": 7, "app/b": 1})
    assert found.total == 13


def test_files_that_grew_and_the_largest_come_in_order() -> None:
    before = sizes(one=5, two=5, three=5, gone=9)
    now = sizes(one=6, two=5, three=9, four=4, five=1)
    assert list(now.grown_since(before).items()) == [("four", 4), ("three", 4), ("five", 1), ("one", 1)]
    assert list(now.largest()) == ["three", "one", "two", "four", "five"]
    assert before.grown_since(before) == {}


@pytest.mark.parametrize(
    ("before", "now", "changes"),
    [
        ([COPY], [("COPY . /app", 35)], (5,)),
        ([("ADD a", 1), COPY], [("ADD a", 1), ("RUN new", 9), ("COPY . /app", 20)], (0, None, -10)),
        ([("ADD a", 1), ("RUN gone", 9), COPY], [("ADD a", 2), COPY], (1, 0)),
        ([(RUN.format(version="1.0.0"), 3), COPY], [(RUN.format(version="1.0.1"), 4), COPY], (1, 0)),
        ([("RUN old words", 3), COPY], [("RUN new words", 4), COPY], (1, 0)),
        ([("RUN a", 3), ("RUN b", 3), COPY], [("RUN a && b", 4), COPY], (None, 0)),
        ([], [COPY], (None,)),
        ([COPY], [], ()),
    ],
)
def test_layers_are_compared_with_what_the_same_order_made(
    before: list[tuple[str, int]], now: list[tuple[str, int]], changes: tuple[int | None, ...]
) -> None:
    assert sizes(*now).changes_since(sizes(*before)) == changes


def test_what_is_written_is_read_again() -> None:
    made = sizes(COPY, **{"app/a": 30})
    assert Sizes.from_json(json.loads(json.dumps(made.to_json()))) == made
