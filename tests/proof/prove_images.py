"""The project's own images, built twice from nothing: the same to the byte."""

from __future__ import annotations

from typing import TYPE_CHECKING

from helpers.clone import Clone

if TYPE_CHECKING:
    from pathlib import Path


def test_the_images_of_the_project_are_reproducible(tmp_path: Path) -> None:
    clone = Clone.make(tmp_path / "clone")
    told = clone.nox("-s", "images", "--", "--verify-reproducible").output
    for name in ("backend", "frontend"):
        assert f"{name}:1.0.0-" in told
        assert len([line for line in told.splitlines() if line.startswith(name) and " is reproducible: " in line]) == 1
