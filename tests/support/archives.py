"""Image archives as `docker save` writes them, of a few made-up files."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import tarfile
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class File:
    """Describe a file of a layer; one with `link` is a symbolic link, one with `folder` a folder."""

    text: str = ""
    mode: int = 0o644
    mtime: int = 1577836800
    owner: int = 0
    link: str = ""
    folder: bool = False


@dataclass(frozen=True, slots=True)
class Made:
    """Describe an image: layers of files with the orders that made them, and its settings.

    One that is `attested` stands in an index beside its attestations.
    """

    layers: Sequence[tuple[str, Mapping[str, File]]]
    settings: Mapping[str, Any] = field(default_factory=dict)
    packed: bool = True
    attested: bool = False


def save(image: Made, file: Path, *, index: bool = True) -> Path:
    """Write an archive; without an `index` as engines did before they wrote one."""
    parts, manifest, listed = _parts(image)
    told = {"manifest.json": json.dumps([listed]).encode()}
    if index:
        whole = _index([_named(manifest)]) if image.attested else manifest
        told |= {_path(whole): whole, "index.json": json.dumps({"manifests": [_named(whole)]}).encode()}
    return _write(file, parts, told)


def save_platforms(images: Mapping[str, Made], file: Path, *, absent: Sequence[str] = (), each: bool = False) -> Path:
    """Write an archive of several platforms as `os/architecture`; of those that are `absent` it has no blob.

    manifest.json names the first that is there, or `each` as later engines have it.
    """
    parts, manifests, listed = dict[str, bytes](), [], []
    for platform, image in images.items():
        about = dict(zip(("os", "architecture"), platform.split("/"), strict=True))
        own, manifest, entry = _parts(replace(image, settings={**image.settings, **about}))
        manifests.append({**_named(manifest), "platform": about})
        if platform not in absent:
            parts |= own
            listed.append(entry)
    whole = _index(manifests)
    told = {
        "manifest.json": json.dumps(listed if each else listed[:1]).encode(),
        "index.json": json.dumps({"manifests": [_named(whole)]}).encode(),
        _path(whole): whole,
    }
    return _write(file, parts, told)


def _index(manifests: Sequence[Mapping[str, Any]]) -> bytes:
    """Make an index of images, and of what is attested of them."""
    about = {"annotations": {"vnd.docker.reference.type": "attestation-manifest"}}
    return json.dumps({"manifests": [*manifests, {**_named(b"attested"), **about}]}).encode()


def _parts(image: Made) -> tuple[dict[str, bytes], bytes, dict[str, Any]]:
    """Give the blobs of an image by their places, its manifest and how manifest.json tells of it."""
    packed = [_layer(files, packed=image.packed) for _, files in image.layers]
    history = [{"created_by": order} for order, _ in image.layers] + [{"created_by": "CMD x", "empty_layer": True}]
    config = json.dumps({"architecture": "amd64", "history": history, **image.settings}).encode()
    manifest = json.dumps({"config": _named(config), "layers": [_named(layer) for layer in packed]}).encode()
    listed = {"Config": _path(config), "RepoTags": None, "Layers": [_path(layer) for layer in packed]}
    return {_path(each): each for each in (*packed, config, manifest)}, manifest, listed


def _write(file: Path, parts: Mapping[str, bytes], told: Mapping[str, bytes]) -> Path:
    with tarfile.open(file, "w") as tar:
        for name, data in {**parts, **told}.items():
            _add(tar, tarfile.TarInfo(name), data)
    return file


def _path(data: bytes) -> str:
    return f"blobs/sha256/{hashlib.sha256(data).hexdigest()}"


def _named(data: bytes) -> dict[str, str]:
    return {"digest": f"sha256:{hashlib.sha256(data).hexdigest()}"}


def _layer(files: Mapping[str, File], *, packed: bool) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        for name, file in files.items():
            info = tarfile.TarInfo(name)
            info.mode, info.mtime, info.uid, info.gid = file.mode, file.mtime, file.owner, file.owner
            info.type = tarfile.SYMTYPE if file.link else tarfile.DIRTYPE if file.folder else tarfile.REGTYPE
            info.linkname = file.link
            _add(tar, info, file.text.encode() if info.isreg() else b"")
    return gzip.compress(buffer.getvalue(), mtime=0) if packed else buffer.getvalue()


def _add(tar: tarfile.TarFile, info: tarfile.TarInfo, data: bytes) -> None:
    info.size = len(data)
    tar.addfile(info, io.BytesIO(data))
