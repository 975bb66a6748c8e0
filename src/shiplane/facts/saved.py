"""What an image holds, read from the archive that `docker save` writes."""

from __future__ import annotations

import gzip
import hashlib
import json
import tarfile
from contextlib import ExitStack
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Any, Self

from shiplane.errors import StepFailed
from shiplane.facts import image_manifest

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
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


class Saved:
    """Hold an archive open; `digest` is the image's as its manifest tells it, `layers` begin with the lowest.

    `settings` is the digest of its settings, by which every manifest names them.
    """

    def __init__(self, file: Path) -> None:
        with ExitStack() as stack:
            try:
                self._tar = stack.enter_context(tarfile.open(file))
                [image] = self._json("manifest.json")
                self.config: Mapping[str, Any] = self._json(image["Config"])
                self.layers = _layers(image["Layers"], self.config.get("history") or ())
                self.settings = f"sha256:{hashlib.sha256(self._open(image['Config']).read()).hexdigest()}"
                self.digest = self._digest()
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

    @property
    def diff_ids(self) -> tuple[str, ...]:
        """Give the digests of its layers, unpacked, the lowest first."""
        return tuple(self.config.get("rootfs", {}).get("diff_ids", ()))

    def entries(self, layer: Layer) -> dict[str, Entry]:
        """List the files of a layer by their paths."""
        return {name: _entry(member, content) for name, member, content in self.walk(layer)}

    def walk(self, layer: Layer) -> Iterator[tuple[str, tarfile.TarInfo, IO[bytes] | None]]:
        """Go through the files of a layer; what is no plain file has no content."""
        stream = self._open(layer.path)
        packed = stream.read(2) == _GZIP
        stream.seek(0)
        try:
            with tarfile.open(fileobj=gzip.GzipFile(fileobj=stream) if packed else stream, mode="r|") as tar:
                for member in tar:
                    yield member.name.removeprefix("./"), member, tar.extractfile(member) if member.isfile() else None
        except tarfile.TarError as error:
            raise StepFailed(f"a layer cannot be read ({layer.made_by}): {error}", "build the image again") from error

    def manifests(self) -> dict[str, tuple[str, ...]]:
        """Give the digests of the image's manifests, one a platform, and of their parts; KeyError without an index."""
        digest = str(self._json("index.json")["manifests"][0]["digest"])
        listed = image_manifest.images(self._text(digest)) or (digest,)
        return {each: image_manifest.parts(self._text(each)) for each in listed}

    def _digest(self) -> str:
        """Give the manifest's digest; an engine that writes none has the settings'."""
        try:
            return ", ".join(self.manifests())
        except KeyError:
            return self.settings

    def _text(self, digest: str) -> str:
        return self._open(f"blobs/{digest.replace(':', '/')}").read().decode(errors="replace")

    def _json(self, name: str) -> Any:  # noqa: ANN401 - JSON
        return json.loads(self._open(name).read())

    def _open(self, name: str) -> IO[bytes]:
        stream = self._tar.extractfile(name)
        if stream is None:
            raise KeyError(name)
        return stream


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
