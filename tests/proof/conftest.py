"""A yard: the small application on a lab of its own, whose staging has a disk of a few MB for deployments."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from yard.checkout import Yard
from yard.faults import heal_all, small_disk
from yard.matrix import Matrix
from yard.track import Track

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="package")
def yard(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Yard]:
    folder = tmp_path_factory.mktemp("proof") / "yard"
    try:
        made = Yard.make(folder)
        small_disk(made)
        yield made
        heal_all(made)
    finally:
        Yard.remove(folder)


@pytest.fixture(scope="package")
def track(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Track]:
    folder = tmp_path_factory.mktemp("proof") / "track"
    try:
        yield Track.make(folder)
    finally:
        Track.remove(folder)


@pytest.fixture(scope="package")
def matrix(yard: Yard) -> Matrix:
    """Give what strikes deploys; a release serves."""
    return Matrix(yard)
