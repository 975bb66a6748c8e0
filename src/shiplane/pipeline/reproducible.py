"""Proving that images are reproducible: built twice without caches, from two folders, they are the same."""

from __future__ import annotations

from contextlib import ExitStack, suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from shiplane.commands import image
from shiplane.errors import NotReproducible
from shiplane.facts.difference import differences
from shiplane.facts.saved import Saved
from shiplane.pipeline import build
from shiplane.pipeline.execute import run_checked
from shiplane.runners import temporary

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from pathlib import Path

    from shiplane.commands.buildx import Build
    from shiplane.runners.base import Runner

    Say = Callable[[str], None]

_COPIED_FOLDER, _COPIED_PROGRAM, _COPIED_FILE = 0o775, 0o775, 0o664


def verify(  # noqa: PLR0913 - what is built, where and by what
    runner: Runner,
    checkout: Path,
    listed: Sequence[Build],
    files: Iterable[str],
    environ: Mapping[str, str],
    say: Say,
) -> None:
    """Build the images twice and compare them; raises `NotReproducible` with what differs.

    The second time is from a copy of `files`, with other times and modes, as another clone has them.
    """
    with temporary.folder("reproducible") as place:
        copy = place / "copy"
        copy_files(checkout, copy, files)
        rounds = [_round(listed, "first", ""), _round(listed, "second", f"{copy}/")]
        try:
            for number, builds in enumerate(rounds, start=1):
                say(f"building without caches, {number} of 2")
                build.bake(runner, checkout, builds, environ, say, cached=False)
            found = [
                (one.tag, _compared(runner, place, first, second, say))
                for one, first, second in zip(listed, *rounds, strict=True)
            ]
        finally:
            runner.run(image.remove(tuple(each.tag for builds in rounds for each in builds)))
    _judge(found, say)


def copy_files(checkout: Path, target: Path, files: Iterable[str]) -> None:
    """Copy files as a clone on another day, by somebody with another umask, would have them."""
    for name in files:
        source, made = checkout / name, target / name
        made.parent.mkdir(parents=True, exist_ok=True)
        with suppress(FileNotFoundError):
            if source.is_symlink():
                made.symlink_to(source.readlink())
                continue
            made.write_bytes(source.read_bytes())
            made.chmod(_COPIED_PROGRAM if source.stat().st_mode & 0o100 else _COPIED_FILE)
    for folder in (path for path in target.rglob("*") if path.is_dir() and not path.is_symlink()):
        folder.chmod(_COPIED_FOLDER)


def _round(listed: Sequence[Build], name: str, before: str) -> tuple[Build, ...]:
    return tuple(
        replace(one, name=f"{one.name}-{name}", tag=f"{one.tag}-{name}", context=f"{before}{one.context}", stays=False)
        for one in listed
    )


def _compared(runner: Runner, place: Path, first: Build, second: Build, say: Say) -> tuple[str, list[str]]:
    """Give the first image's digest and in what the second differs."""
    with ExitStack() as stack:
        saved = []
        for number, one in enumerate((first, second)):
            file = place / f"{number}.tar"
            run_checked(runner, image.save(one.tag, str(file)), "saving the image", say, None)
            saved.append(stack.enter_context(Saved(file)))
        return saved[0].digest, differences(*saved)


def _judge(found: Sequence[tuple[str, tuple[str, list[str]]]], say: Say) -> None:
    for tag, (digest, told) in found:
        if not told:
            say(f"{tag} is reproducible: {digest} both times")
    different = {tag: told for tag, (_, told) in found if told}
    if different:
        raise NotReproducible(different)
