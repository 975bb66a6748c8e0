"""In what two images differ: layers, files, settings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from shiplane.facts.saved import Entry, Saved, SavedImage

_FIELDS = ("kind", "mode", "owner", "size", "content", "mtime")
_WORDS = {"mtime": "time"}


def differences(one: Saved, other: Saved) -> list[str]:
    """Name each file, by its layer, and each setting that differs; empty where the images are the same.

    What differs is told with its platform where there are several.
    """
    if one.digest == other.digest:
        return []
    first, second = ({image.platform: image for image in saved.images} for saved in (one, other))
    platforms = dict.fromkeys((*first, *second))
    found = [told for each in platforms for told in _of_platform(each, first.get(each), second.get(each))]
    return found or ["the order of files or the way in which layers are packed"]


def _of_platform(platform: str, one: SavedImage | None, other: SavedImage | None) -> Iterator[str]:
    if one is None or other is None:
        yield f"{platform or 'an image of one platform'}: only in the {'second' if one is None else 'first'}"
        return
    for told in (*_of_layers(one, other), *_of_settings(one.config, other.config)):
        yield f"{platform}: {told}" if platform else told


def _of_layers(one: SavedImage, other: SavedImage) -> Iterator[str]:
    if len(one.layers) != len(other.layers):
        yield f"{len(one.layers)} layers and {len(other.layers)} layers"
        return
    for number, (first, second) in enumerate(zip(one.layers, other.layers, strict=True), start=1):
        if first.path == second.path:
            continue  # named by its content
        for name, how in _of_files(one.entries(first), other.entries(second)):
            yield f"layer {number} ({first.made_by or 'no order is told'}): {name}: {how}"


def _of_files(one: Mapping[str, Entry], other: Mapping[str, Entry]) -> Iterator[tuple[str, str]]:
    for name in sorted(one.keys() | other.keys()):
        first, second = one.get(name), other.get(name)
        if first is None or second is None:
            yield name, f"only in the {'second' if first is None else 'first'}"
        elif first != second:
            fields = [field for field in _FIELDS if getattr(first, field) != getattr(second, field)]
            yield name, ", ".join(_WORDS.get(field, field) for field in fields)


def _of_settings(one: Mapping[str, Any], other: Mapping[str, Any]) -> Iterator[str]:
    for key in sorted((one.keys() | other.keys()) - {"rootfs"}):
        first, second = one.get(key), other.get(key)
        if first != second and isinstance(first, dict) and isinstance(second, dict):
            yield from (f"{key}: {told}" for told in _of_settings(first, second))
        elif first != second:
            yield f"the image's {key}" + (f": {_short(first, second)}" if key == "history" else "")


def _short(one: Any, other: Any) -> str:  # noqa: ANN401 - JSON
    """Name the first entry of a list that differs."""
    pairs = zip(one or (), other or (), strict=False)
    return next((f"{first} and {second}" for first, second in pairs if first != second), "their number")
