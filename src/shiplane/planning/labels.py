"""The labels by which an image says what it was made from, in the words of the OCI."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from shiplane.facts.checkout import ComponentFacts

_PLACE = "org.opencontainers.image"
VERSION, REVISION, CREATED, SOURCE, BASE_NAME, BASE_DIGEST = (
    f"{_PLACE}.{name}" for name in ("version", "revision", "created", "source", "base.name", "base.digest")
)


def labels(known: ComponentFacts, source: str) -> tuple[tuple[str, str], ...]:
    """Give those that depend on the checkout alone; without a `source` there is no label of it."""
    told = ((VERSION, known.version), (REVISION, known.revision), (CREATED, known.created), (SOURCE, source))
    return tuple((name, value) for name, value in told if value)
