"""What an image's manifest names; attestations, which differ with every build, stand beside the images in an index."""

from __future__ import annotations

import json
from typing import Any

_KIND = "vnd.docker.reference.type"


def images(text: str) -> tuple[str, ...]:
    """Give the digests of the images of an index, without attestations; none where the manifest is an image's own."""
    listed = _read(text).get("manifests") or ()
    return tuple(str(each["digest"]) for each in listed if _KIND not in (each.get("annotations") or {}))


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
