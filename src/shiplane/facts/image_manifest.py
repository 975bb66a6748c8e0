"""What an image's manifest names; attestations, which differ with every build, stand beside the images in an index."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

_KIND = "vnd.docker.reference.type"


def images(text: str) -> tuple[str, ...]:
    """Give the digests of the images of an index, without attestations; none where the manifest is an image's own."""
    return tuple(platforms(text))


def platforms(text: str) -> dict[str, str]:
    """Give the platforms of the images of an index by their digests, as `linux/arm/v7`; one untold is empty."""
    listed = _read(text).get("manifests") or ()
    return {
        str(each["digest"]): platform(each.get("platform") or {})
        for each in listed
        if _KIND not in (each.get("annotations") or {})
    }


def platform(told: Mapping[str, Any]) -> str:
    """Write a platform as builders do."""
    return "/".join(str(told[key]) for key in ("os", "architecture", "variant") if told.get(key))


def parts(text: str) -> tuple[str, ...]:
    """Give what an image's manifest is made of: its settings and layers by digest, however these are called in it."""
    found = _read(text)
    listed = [found.get("config") or {}, *(found.get("layers") or ())]
    return tuple(str(each["digest"]) for each in listed if "digest" in each)


def _read(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
