from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

import pytest

from shiplane.facts.cache_manifest import blobs, holds

if TYPE_CHECKING:
    from pathlib import Path

KIND = "application/vnd.buildkit.cacheconfig.v0"
CONFIG, LAYER = b"a config", b"a layer"


def digest(data: bytes) -> str:
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


def part(data: bytes, kind: str = "layer") -> dict[str, object]:
    return {"mediaType": kind, "digest": digest(data), "size": len(data)}


AS_IMAGE = json.dumps({"config": part(CONFIG, KIND), "layers": [part(LAYER)]})
AS_INDEX = json.dumps({"manifests": [part(LAYER), part(CONFIG, KIND)]})
PARTS = {digest(CONFIG): len(CONFIG), digest(LAYER): len(LAYER)}


@pytest.mark.parametrize("text", [AS_IMAGE, AS_INDEX])
def test_a_cache_names_its_parts(text: str) -> None:
    assert blobs(text) == PARTS


@pytest.mark.parametrize(
    "text",
    ["", "no json", "[]", "{}", '{"layers": [{}]}', json.dumps({"config": part(CONFIG, "an image"), "layers": []})],
)
def test_what_is_no_cache_has_none(text: str) -> None:
    assert blobs(text) == {}


def fill(folder: Path) -> Path:
    place = folder / "blobs" / "sha256"
    place.mkdir(parents=True)
    for data in (CONFIG, LAYER, AS_INDEX.encode()):
        (place / hashlib.sha256(data).hexdigest()).write_bytes(data)
    index = {"manifests": [{"digest": digest(AS_INDEX.encode())}]}
    (folder / "index.json").write_text(json.dumps(index))
    return place / hashlib.sha256(LAYER).hexdigest()


def test_a_folder_that_is_whole(tmp_path: Path) -> None:
    fill(tmp_path)
    assert holds(tmp_path)


@pytest.mark.parametrize("damage", ["gone", "cut off", "no index", "no manifest"])
def test_a_folder_that_is_not(tmp_path: Path, damage: str) -> None:
    layer = fill(tmp_path)
    match damage:
        case "gone":
            layer.unlink()
        case "cut off":
            layer.write_bytes(LAYER[:-1])
        case "no index":
            (tmp_path / "index.json").write_text("{")
        case "no manifest":
            (tmp_path / "index.json").write_text('{"manifests": []}')
    assert not holds(tmp_path)
