"""What is known of a published image, for people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shiplane.report.text import clean, columns, moment, printable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from shiplane.facts.described import Described, Material


def render_image(found: Described) -> str:
    """Write what a registry tells of an image (`images.inspect`)."""
    told = [(word, printable(text)) for word, text in _rows(found) if text]
    lines = [clean(found.reference), *(f"  {line}" for line in columns(told))]
    lines += [f"  not there: {clean(one)}" for one in found.missing]
    if found.packages:
        rows = [(p.kind or "-", clean(p.name), clean(p.version)) for p in found.packages]
        lines += ["", f"packages: {len(rows)}", *(f"  {line}" for line in columns(rows))]
    return "\n".join(lines)


def _rows(found: Described) -> Iterator[tuple[str, str]]:
    yield "digest", f"{found.digest} ({', '.join(found.platforms)})"
    yield "commit", found.commit
    yield "version", found.version
    yield "created", moment(found.created) if found.created else ""
    yield "source", found.source
    yield "builder", found.builder
    yield "built", moment(found.built_at) if found.built_at else ""
    yield "built from", found.built_from
    yield "base", _pinned(found.base)
    for material in found.images:
        yield "made of", _pinned(material)


def _pinned(material: Material) -> str:
    return "@".join(part for part in (material.name, material.digest) if part)
