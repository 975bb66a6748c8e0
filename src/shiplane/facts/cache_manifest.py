"""Whether what stands under a cache's name is a cache, and whole as far as its manifest tells."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

_CONFIG = "application/vnd.buildkit.cacheconfig.v0"


def blobs(text: str) -> dict[str, int]:
    """Read a manifest: the sizes of all that it names, by digest; empty where it is no cache's."""
    try:
        found: Any = json.loads(text)
        listed = [*(found.get("layers") or ()), *(found.get("manifests") or ())]
        listed += [found["config"]] if "config" in found else []
        if not any(each.get("mediaType") == _CONFIG for each in listed):
            return {}
        return {str(each["digest"]): int(each["size"]) for each in listed}
    except (ValueError, KeyError, TypeError, AttributeError):
        return {}


def holds(folder: Path) -> bool:
    """Tell whether a folder holds a cache with all its parts, each of its size."""
    try:
        index: Any = json.loads((folder / "index.json").read_text(encoding="utf-8"))
        manifest = _blob(folder, str(index["manifests"][0]["digest"])).read_text(encoding="utf-8")
        parts = blobs(manifest)
        return bool(parts) and all(_blob(folder, digest).stat().st_size == size for digest, size in parts.items())
    except (OSError, ValueError, LookupError, TypeError):
        return False


def _blob(folder: Path, digest: str) -> Path:
    return folder / "blobs" / digest.replace(":", "/")
