from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from shiplane.commands import engine
from shiplane.model.identity import checkout_id
from shiplane.pipeline import own_images
from shiplane.runners.recording import RecordingRunner

if TYPE_CHECKING:
    from pathlib import Path

NAME = "backend-dev:1.0.0"


def holding(checkout: Path, first: str, own: str) -> RecordingRunner:
    """Play an engine in which the first name and the checkout's own one stand for images, or for none."""
    names = {NAME: first, f"{NAME}-{checkout_id(checkout)}": own}
    rows = "".join(f'{image}\t["{name}"]\n' for name, image in names.items() if image)
    return RecordingRunner([("image inspect", rows, 0)])


@pytest.mark.parametrize(("first", "own", "made"), [("a", "a", "a"), ("b", "a", "a"), ("b", "", "b"), ("", "", "")])
def test_what_was_built_goes_by_the_own_name_where_there_is_one(
    tmp_path: Path, first: str, own: str, made: str
) -> None:
    assert own_images.ids(holding(tmp_path, first, own), tmp_path, [NAME]) == ({NAME: made} if made else {})


@pytest.mark.parametrize(
    ("first", "own", "lost", "moved"),
    [
        ("a", "a", False, False),
        ("a", "", False, False),  # a production image has no other name
        ("b", "a", False, True),
        ("b", "b", True, False),
        ("b", "", True, False),
        ("", "a", True, False),  # somebody has removed it
    ],
)
def test_what_was_made_counts_until_it_is_removed(
    tmp_path: Path, first: str, own: str, *, lost: bool, moved: bool
) -> None:
    made, gone = {NAME: "a"}, [NAME] if lost else []
    assert own_images.lost(holding(tmp_path, first, own), tmp_path, made) == gone
    asked = holding(tmp_path, first, own)
    assert own_images.claim(asked, tmp_path, made) == gone
    tags = [engine.tag(f"{NAME}-{checkout_id(tmp_path)}", NAME)] if moved else []
    assert asked.commands[1:] == tags


def test_nobody_is_asked_where_nothing_was_made(tmp_path: Path) -> None:
    asked = RecordingRunner()
    assert own_images.claim(asked, tmp_path, {}) == []
    assert asked.commands == []
