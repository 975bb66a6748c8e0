"""What Shiplane keeps in the checkout, below `.shiplane/`: runs, published releases, reports."""

from __future__ import annotations

import json
import os
import re
import shutil
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from shiplane.model import Release

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterator, Mapping

FOLDER = ".shiplane"
_RUN_FOLDER = re.compile(r"([0-9]+)(?:-([0-9]+))?")
_LIVE_SECONDS = 86_400.0


class Store:
    """Find and make the places of a checkout's records."""

    def __init__(self, checkout: Path) -> None:
        self.root = checkout / FOLDER

    def new_run(self, environ: Mapping[str, str]) -> tuple[int, Path]:
        """Take the next run number (GitHub's own where it gives one) and make its folder.

        A run of GitHub's may be several commands here, with one number: their folders are `5`, `5-2`, `5-3`.
        """
        runs = self.root / "runs"
        runs.mkdir(parents=True, exist_ok=True)
        wanted = environ.get("GITHUB_RUN_NUMBER", "")
        given = wanted.isdecimal()
        number, part = int(wanted) if given else self.last_run() + 1, 1
        while True:
            folder = runs / (str(number) if part == 1 else f"{number}-{part}")
            try:
                folder.mkdir()
            except FileExistsError:
                number, part = (number, part + 1) if given else (number + 1, 1)
            else:
                return number, folder

    def last_run(self) -> int:
        """Give the highest run number, 0 where there is none."""
        return max((number for (number, _), _ in self._runs()), default=0)

    def run_folders(self) -> list[Path]:
        """Give the folders of all runs, newest first."""
        return [folder for _, folder in sorted(self._runs(), reverse=True)]

    def drop_runs(self, keep: int, named: Callable[[], Container[str]]) -> None:
        """Remove the runs that are older than the newest `keep`, and not of the last day: one of those may go on.

        Those that `named` gives stay; it is asked only where there are too many.
        """
        old = [folder for folder in self.run_folders()[keep:] if _age(folder) > _LIVE_SECONDS]
        stay = named() if old else ()
        for folder in old:
            if folder.name not in stay:
                shutil.rmtree(folder, ignore_errors=True)

    def _runs(self) -> list[tuple[tuple[int, int], Path]]:
        """Give the run folders with their number and part."""
        named = ((_RUN_FOLDER.fullmatch(path.name), path) for path in (self.root / "runs").glob("*"))
        return [((int(match[1]), int(match[2] or 1)), path) for match, path in named if match]

    def save_release(self, target: str, release: Release) -> None:
        """Remember a published release of a target."""
        file = self._release_file(target, release.id)
        file.parent.mkdir(parents=True, exist_ok=True)
        temporary = file.with_suffix(".part")
        temporary.write_text(json.dumps(release.to_json(), indent=2), encoding="utf-8")
        temporary.replace(file)

    def save_release_files(self, target: str, name: str, files: Mapping[str, bytes]) -> None:
        """Keep the files of a release made from edits: no commit holds them."""
        folder = self._release_file(target, name).with_suffix(".files")
        shutil.rmtree(folder, ignore_errors=True)
        for path, data in files.items():
            file = folder / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(data)

    def release_files(self, target: str, name: str) -> dict[str, bytes]:
        """Give the files that were kept of a release; empty where none were."""
        folder = self._release_file(target, name).with_suffix(".files")
        return {
            str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()
        }

    def release(self, target: str, name: str) -> Release | None:
        """Give a published release by its id, or None."""
        try:
            return Release.from_json(json.loads(self._release_file(target, name).read_text(encoding="utf-8")))
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return None

    def releases(self) -> Iterator[tuple[str, Release]]:
        """Give every release that was published from here, with its target."""
        for file in sorted((self.root / "releases").glob("*/*.json")):
            release = self.release(file.parent.name, file.stem)
            if release is not None:
                yield file.parent.name, release

    def _release_file(self, target: str, name: str) -> Path:
        return self.root / "releases" / target / f"{Path(name).name}.json"

    def save_stand_ins(self, used: Mapping[str, str]) -> None:
        """Remember which base images are stand-ins here, so that a plan can say so without asking an engine."""
        self._remember("stand-ins", used)

    def stand_ins(self) -> dict[str, str]:
        """Give what `save_stand_ins` remembered, empty where nothing was made yet."""
        return self._remembered("stand-ins")

    def save_base_images(self, ids: Mapping[str, str]) -> None:
        """Remember the ids of the base images here, so that a plan can tell whether one changed."""
        self._remember("base-images", ids)

    def base_images(self) -> dict[str, str]:
        """Give what `save_base_images` remembered, empty where nothing was asked yet."""
        return self._remembered("base-images")

    def save_tools(self, versions: Mapping[str, str]) -> None:
        """Remember the versions of the engine and its plugins here, for the same purpose."""
        self._remember("tools", versions)

    def tools(self) -> dict[str, str]:
        """Give what `save_tools` remembered, empty where nothing was asked yet."""
        return self._remembered("tools")

    def save_hashes(self, known: Mapping[str, Any]) -> None:
        """Remember what files hold that git's index does not know, with their sizes and times."""
        self._remember("hashes", known, indent=None)

    def hashes(self) -> dict[str, Any]:
        """Give what `save_hashes` remembered, empty where nothing was read yet."""
        return self._remembered("hashes")

    def _remember(self, name: str, facts: Mapping[str, Any], indent: int | None = 2) -> None:
        self.root.mkdir(parents=True, exist_ok=True)
        part = self.root / f"{name}.part-{os.getpid()}"
        part.write_text(json.dumps(dict(facts), indent=indent, sort_keys=True), encoding="utf-8")
        part.replace(self.root / f"{name}.json")

    def _remembered(self, name: str) -> dict[str, Any]:
        try:
            return dict(json.loads((self.root / f"{name}.json").read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError):
            return {}

    def forget_lab(self) -> None:
        """Forget what was published to a lab that is gone, and what its boards were still to be told."""
        shutil.rmtree(self.root / "releases" / "lab", ignore_errors=True)
        for folder in (self.root / "board").glob("lab-*"):
            shutil.rmtree(folder, ignore_errors=True)

    def reports(self, name: str) -> Path:
        """Give (and make) a folder for reports of one kind."""
        folder = self.root / "reports" / name
        folder.mkdir(parents=True, exist_ok=True)
        return folder


def _age(folder: Path) -> float:
    """Give the seconds since a run wrote something; 0 where that cannot be told, as of one just removed."""
    with suppress(OSError):
        return time.time() - max(path.stat().st_mtime for path in (folder, *folder.glob("journal.jsonl")))
    return 0.0
