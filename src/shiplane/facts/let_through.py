"""Files that git ignores and that get into an image all the same: no commit has them, an image does."""

from __future__ import annotations

import os
import shlex
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from shiplane.commands import git
from shiplane.facts.answers import told_by_git
from shiplane.facts.dockerignore import Dockerignore

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from shiplane.config import Config
    from shiplane.runners.base import Runner

_BROWSER_TESTS = "testing"
_WHAT = "which files it ignores"


@dataclass(frozen=True, slots=True)
class LetThrough:
    """Name a file that git ignores and a build reads, and the file that could keep it out; both from the checkout.

    `ignored` is what git names: the file, or a folder above it with a slash at the end, of which one line is enough.
    """

    name: str
    ignored: str
    ignore_file: str

    @property
    def cause(self) -> str:
        """Say what is wrong."""
        taken = "take files of it in" if self.ignored.endswith("/") else "take it in"
        return f"git ignores {self.ignored}, and a build may {taken}"

    @property
    def fix(self) -> str:
        """Say what to do."""
        return f"exclude it in {self.ignore_file}, or commit it (git add --force {shlex.quote(self.ignored)})"


def survey(runner: Runner, checkout: Path, config: Config) -> tuple[LetThrough, ...]:
    """Ask git what it ignores where images are made, and look at what is not kept out; raises `UsageError`.

    Folders that git ignores as a whole are looked into only where no `.dockerignore` excludes them.
    """
    folders = tuple(dict.fromkeys((*(one.context for one in config.components), _BROWSER_TESTS)))
    ignored = [name for name in told_by_git(runner, git.ignored(*folders), _WHAT).split("\0") if name]
    contexts = [_Context(checkout, folder) for folder in folders] if ignored else []
    found = {name: (entry, one.ignore_file) for one in contexts for entry in ignored for name in one.read_of(entry)}
    return tuple(LetThrough(name, *found[name]) for name in sorted(found))


class _Context:
    """Tell what a build with this context reads; names are relative to the checkout."""

    def __init__(self, checkout: Path, folder: str) -> None:
        self._checkout = checkout
        self._above = f"{folder}/"

    @cached_property
    def ignore_file(self) -> str:
        """Name the file that says what is kept out, there or not; one of the Dockerfile's own comes first."""
        own = f"{self._above}Dockerfile.dockerignore"
        return own if (self._checkout / own).is_file() else f"{self._above}.dockerignore"

    @cached_property
    def _kept_out(self) -> Dockerignore:
        try:
            text = (self._checkout / self.ignore_file).read_text(encoding="utf-8", errors="replace")
        except OSError:
            text = ""
        return Dockerignore(text)

    def read_of(self, entry: str) -> Iterator[str]:
        """Give what is read of a file, or of a folder (with a slash at the end)."""
        if self._above.startswith(entry):
            yield from self._below("")
        elif entry.startswith(self._above):
            name = entry[len(self._above) :]
            yield from self._below(name) if name.endswith("/") else self._file(name)

    def _file(self, name: str) -> Iterator[str]:
        if not self._kept_out.excludes(name):
            yield self._above + name

    def _below(self, folder: str) -> Iterator[str]:
        """Walk a folder: `` or a name with a slash at the end; one that cannot be read is named itself."""
        if folder and self._kept_out.excludes_whole(folder[:-1]):
            return
        try:
            with os.scandir(self._checkout / (self._above + folder)) as found:
                inside = sorted(found, key=lambda one: one.name)
        except FileNotFoundError:
            return  # gone since git saw it
        except OSError:
            yield self._above + folder
            return
        for one in inside:
            if one.is_dir(follow_symlinks=False):
                yield from self._below(f"{folder}{one.name}/")
            elif one.is_symlink() or one.is_file():
                yield from self._file(folder + one.name)
