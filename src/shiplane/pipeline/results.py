"""How steps ended before, by their keys, with the files and images that they made: `.shiplane/results/`.

A result is a folder `STEP/KEY` with `result.json` (run, time, images, outputs), `items.json.gz` (what the inputs were,
to say later what changed) and `outputs.tar.gz`; `STEP/latest` holds the key of the newest. All of them tell damage, by
checksums or by the key: a damaged result counts as none, so that its step runs again and keeps a new one.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import shutil
import tarfile
import tempfile
import zlib
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from shiplane.pipeline.journal import timestamp
from shiplane.planning.decide import Passed
from shiplane.planning.keys import key_of
from shiplane.runners.locks import held, is_marked, marked

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from contextlib import AbstractContextManager

    from shiplane.planning.keys import Item

_OUTPUTS = "outputs.tar.gz"
_RESULT = "result.json"
_SUM = "sum"
_NEW = ".new-"
_PIECE = 1 << 20
_DAMAGE = (OSError, EOFError, zlib.error, tarfile.TarError, ValueError, TypeError)
"""What reading a file raises of which something was lost; `OSError` and `ValueError` hold those of gzip and JSON."""


class Results:
    """Keep and find results; what was not used for the longest time goes when they take more than `limit` bytes."""

    def __init__(self, root: Path, limit: int) -> None:
        self.root = root
        self.limit = limit

    def run_of(self, step: str, key: str) -> str | None:
        """Name the run in which a step passed with this key; None where it never did."""
        found = self._read(step, key)
        return str(found["run"]) if found else None

    def runs(self) -> set[str]:
        """Name the runs whose results are kept: reports of later ones show their tests."""
        found = ((path.parent.parent.name, path.parent.name) for path in self.root.glob(f"[!.]*/*/{_RESULT}"))
        return {run for step, key in found if (run := self.run_of(step, key))}

    def images_of(self, step: str, key: str) -> dict[str, str]:
        """Give the ids (or digests) of the images that the step made, by reference."""
        return dict((self._read(step, key) or {}).get("images", {}))

    def latest(self, step: str) -> Passed | None:
        """Give the newest result of a step, whatever its key."""
        try:
            key = (self.root / step / "latest").read_text(encoding="utf-8").strip()
            packed = (self.root / step / key / "items.json.gz").read_bytes()
            items = tuple((kind, name, value) for kind, name, value in json.loads(gzip.decompress(packed)))
            run = self.run_of(step, key) if key_of(items) == key else None
        except _DAMAGE:
            return None
        return Passed(run, items) if run else None

    def keep(  # noqa: PLR0913 - what makes a result, each by name
        self,
        step: str,
        key: str,
        *,
        run: str,
        items: Sequence[Item],
        images: Mapping[str, str],
        checkout: Path,
        outputs: Iterable[str] = (),
    ) -> None:
        """Keep a result whole or not at all, in the place of one with the same key."""
        with self._making() as made:
            kept = [name for name in outputs if (checkout / name).exists()]
            _pack(made / _OUTPUTS, checkout, kept)
            (made / "items.json.gz").write_bytes(gzip.compress(json.dumps(items).encode(), 1, mtime=0))
            facts = {"run": run, "at": timestamp(), "images": dict(images), "outputs": kept}
            (made / _RESULT).write_text(json.dumps(facts | {_SUM: _sum(facts)}), encoding="utf-8")
            _settle(made)
            with self._alone():
                self._put(made, self.root / step / key)

    def _alone(self) -> AbstractContextManager[None]:
        """Keep all other processes from changing what is kept."""
        return held(self.root / ".lock", lambda: None)

    @contextmanager
    def _making(self) -> Iterator[Path]:
        """Give a folder in which a result is made; it is marked, so that one whose process was killed can be told."""
        with ExitStack() as mark:
            with self._alone():
                made = Path(tempfile.mkdtemp(prefix=_NEW, dir=self.root))
                mark.enter_context(marked(made))
            try:
                yield made
            finally:
                shutil.rmtree(made, ignore_errors=True)

    def _put(self, made: Path, folder: Path) -> None:
        """Put a result in its place, make it the latest, and make room."""
        shutil.rmtree(folder, ignore_errors=True)
        folder.parent.mkdir(exist_ok=True)
        made.replace(folder)
        self._point(folder)
        self._prune(folder)

    def restore(self, step: str, key: str, checkout: Path) -> None:
        """Put a result's outputs where the step would have left them.

        Raises `OSError` where the result is damaged; then nothing is changed in the checkout.
        """
        folder = self.root / step / key
        found = self._read(step, key)
        if found is None:
            raise OSError(f"{folder / _RESULT} cannot be read")
        try:
            _check(folder / _OUTPUTS)
            with tarfile.open(folder / _OUTPUTS) as archive:
                for name in found["outputs"]:
                    shutil.rmtree(checkout / name, ignore_errors=True)
                archive.extractall(checkout, filter="data")
        except _DAMAGE as error:
            raise OSError(f"{folder / _OUTPUTS}: {error}") from error
        os.utime(folder)

    def forget(self, step: str, key: str) -> None:
        """Drop a result that turned out to be of no use."""
        with self._alone():
            shutil.rmtree(self.root / step / key, ignore_errors=True)

    def _read(self, step: str, key: str) -> dict[str, Any] | None:
        if not key:
            return None
        try:
            found: dict[str, Any] = dict(json.loads((self.root / step / key / _RESULT).read_text(encoding="utf-8")))
        except _DAMAGE:
            return None
        return found if found.pop(_SUM, None) == _sum(found) else None

    def _point(self, folder: Path) -> None:
        part = folder.parent / ".latest"
        part.write_text(folder.name, encoding="utf-8")
        part.replace(folder.parent / "latest")

    def _prune(self, new: Path) -> None:
        """Remove the results that were not used for the longest time, never the one just kept, and ruins of others."""
        folders = {folder for folder in self.root.glob("[!.]*/*") if folder.is_dir()} - {new}
        others = {folder for folder in folders if (folder / _RESULT).exists()}
        killed = {folder for folder in self.root.glob(f"{_NEW}*") if not is_marked(folder)}
        for ruin in killed | (folders - others):
            shutil.rmtree(ruin, ignore_errors=True)
        size = _size(new)
        for folder in sorted(others, key=_used_at, reverse=True):
            size += _size(folder)
            if size > self.limit:
                shutil.rmtree(folder, ignore_errors=True)


def _pack(file: Path, checkout: Path, outputs: Iterable[str]) -> None:
    with tarfile.open(file, "w:gz", compresslevel=1) as archive:
        for name in outputs:
            archive.add(checkout / name, arcname=name)


def _check(file: Path) -> None:
    """Read a packed file to its end, where its checksum stands: who unpacks an archive may stop before that."""
    with gzip.open(file) as packed:
        while packed.read(_PIECE):
            pass


def _sum(facts: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()


def _settle(folder: Path) -> None:
    """Wait until the files of a folder are on the disk; a file system that cannot say so is believed."""
    for path in folder.iterdir():
        with path.open("rb") as file, suppress(OSError):
            os.fsync(file)


def _used_at(folder: Path) -> float:
    return folder.stat().st_mtime


def _size(folder: Path) -> int:
    return sum(file.stat().st_size for file in folder.iterdir())
