"""What an image holds, read from the archive that `docker save` writes."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import tarfile
from contextlib import ExitStack
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Any, Self

from shiplane.errors import StepFailed
from shiplane.facts import image_manifest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path
    from types import TracebackType

_GZIP = b"\x1f\x8b"
_CHUNK = 1 << 20
_KINDS = {tarfile.DIRTYPE: "folder", tarfile.SYMTYPE: "link", tarfile.LNKTYPE: "hard link"}


@dataclass(frozen=True, slots=True)
class Entry:
    """Describe one file of a layer: `content` is a hash of what it holds or where a link leads, `mtime` in seconds."""

    kind: str
    mode: int
    owner: str
    size: int
    mtime: float
    content: str


@dataclass(frozen=True, slots=True)
class Layer:
    """Name one layer: `path` is its place in the archive, `made_by` the order of the Dockerfile."""

    path: str
    made_by: str


@dataclass(frozen=True, slots=True)
class SavedImage:
    """Show the image of one platform in an open archive; `layers` begin with the lowest.

    `platform` is empty where the archive is of one alone. `settings` is the digest of its settings, by which every
    manifest names them, and `place` where they stand.
    """

    open: Callable[[str], IO[bytes]]
    platform: str
    settings: str
    config: Mapping[str, Any]
    layers: tuple[Layer, ...]
    place: str

    @property
    def diff_ids(self) -> tuple[str, ...]:
        """Give the digests of its layers, unpacked, the lowest first."""
        return tuple(self.config.get("rootfs", {}).get("diff_ids", ()))

    def entries(self, layer: Layer) -> dict[str, Entry]:
        """List the files of a layer by their paths."""
        return {name: _entry(member, content) for name, member, content in self.walk(layer)}

    def walk(self, layer: Layer) -> Iterator[tuple[str, tarfile.TarInfo, IO[bytes] | None]]:
        """Go through the files of a layer; what is no plain file has no content."""
        stream = self.open(layer.path)
        packed = stream.read(2) == _GZIP
        stream.seek(0)
        try:
            with tarfile.open(fileobj=gzip.GzipFile(fileobj=stream) if packed else stream, mode="r|") as tar:
                for member in tar:
                    yield member.name.removeprefix("./"), member, tar.extractfile(member) if member.isfile() else None
        except tarfile.TarError as error:
            raise StepFailed(f"a layer cannot be read ({layer.made_by}): {error}", "build the image again") from error

    def write(self, file: Path) -> None:
        """Write an archive of it alone, by the manifest.json that whatever reads images of the engine knows."""
        layers = [layer.path for layer in self.layers]
        told = json.dumps([{"Config": self.place, "RepoTags": None, "Layers": layers}]).encode()
        with tarfile.open(file, "w") as tar:
            for name in dict.fromkeys((self.place, *layers)):
                _add(tar, name, self.open(name))
            _add(tar, "manifest.json", io.BytesIO(told))


class Saved:
    """Hold an archive open; `digest` is the image's as its manifest tells it, `images` are those of its platforms.

    `absent` are the platforms of which the archive has not all: an engine that pulled an image has its own alone.
    """

    def __init__(self, file: Path) -> None:
        with ExitStack() as stack:
            try:
                self._tar = stack.enter_context(tarfile.open(file))
                self._listed = self._manifests()
                self.images, self.absent = self._images()
                self.digest = ", ".join(self._listed) or self.images[0].settings
            except (KeyError, ValueError, tarfile.TarError) as error:
                cause = f"the engine saved an image that cannot be read: {str(error).splitlines()[0]}"
                raise StepFailed(cause, "see whether its disk is full: df -h") from error
            stack.pop_all()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._tar.close()

    def manifests(self) -> dict[str, tuple[str, ...]]:
        """Give the digests of the image's manifests, one a platform, and of their parts; none without an index."""
        return {each: image_manifest.parts(self._text(each)) for each in self._listed}

    def _manifests(self) -> dict[str, str]:
        """Give the platforms of the image's manifests by digest; an engine that writes no index has none."""
        try:
            digest = str(self._json("index.json")["manifests"][0]["digest"])
            return image_manifest.platforms(self._text(digest)) or {digest: ""}
        except KeyError:
            return {}

    def _images(self) -> tuple[tuple[SavedImage, ...], tuple[str, ...]]:
        """Read the images, and name the platforms that are not there."""
        if len(self._listed) <= 1:
            [told] = self._json("manifest.json")
            return (self._image("", told["Config"], told["Layers"]),), ()
        # Of several platforms manifest.json names one, or each in an entry of its own, without saying which.
        found = [(platform or digest, self._paths(digest)) for digest, platform in self._listed.items()]
        images = tuple(self._image(platform, *paths) for platform, paths in found if paths)
        absent = tuple(platform for platform, paths in found if not paths)
        if not images:
            raise ValueError(f"it has none of {', '.join(absent)}")
        return images, absent

    def _paths(self, digest: str) -> tuple[str, list[str]] | None:
        """Give where the settings and layers of a manifest stand; None where one of them does not."""
        held = set(self._tar.getnames())
        listed = [_path(each) for each in image_manifest.parts(self._text(digest))] if _path(digest) in held else []
        return (listed[0], listed[1:]) if listed and held.issuperset(listed) else None

    def _image(self, platform: str, config: str, layers: list[str]) -> SavedImage:
        settings = self._json(config)
        digest = f"sha256:{hashlib.sha256(self._open(config).read()).hexdigest()}"
        made = _layers(layers, settings.get("history") or ())
        return SavedImage(self._open, platform, digest, settings, made, config)

    def _text(self, digest: str) -> str:
        return self._open(_path(digest)).read().decode(errors="replace")

    def _json(self, name: str) -> Any:  # noqa: ANN401 - JSON
        return json.loads(self._open(name).read())

    def _open(self, name: str) -> IO[bytes]:
        stream = self._tar.extractfile(name)
        if stream is None:
            raise KeyError(name)
        return stream


def _add(tar: tarfile.TarFile, name: str, content: IO[bytes]) -> None:
    made = tarfile.TarInfo(name)
    made.size = content.seek(0, io.SEEK_END)
    content.seek(0)
    tar.addfile(made, content)


def _path(digest: str) -> str:
    return f"blobs/{digest.replace(':', '/')}"


def _layers(paths: list[str], history: Any) -> tuple[Layer, ...]:  # noqa: ANN401 - JSON
    """Pair the layers with the orders that made them; where the history is not told, they have numbers alone."""
    orders = [str(step.get("created_by", "")) for step in history if not step.get("empty_layer")]
    named = orders if len(orders) == len(paths) else [""] * len(paths)
    return tuple(Layer(path, " ".join(order.split())) for path, order in zip(paths, named, strict=True))


def _entry(member: tarfile.TarInfo, content: IO[bytes] | None) -> Entry:
    digest = hashlib.sha256()
    while content is not None and (chunk := content.read(_CHUNK)):
        digest.update(chunk)
    told = member.linkname if content is None else digest.hexdigest()
    kind = _KINDS.get(member.type, "file" if member.isfile() else "device")
    owner = f"{member.uid}:{member.gid}"
    return Entry(kind, member.mode, owner, member.size, member.mtime, told)
