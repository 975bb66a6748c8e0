"""The documentation: the links of its pages, and a look at the site in a browser."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from shiplane.checks import SITE
from shiplane.errors import StepFailed, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from shiplane.checks import Surroundings
    from shiplane.cli.app import App

BROWSER = "--browser"


@dataclass(frozen=True, slots=True)
class Look:
    """Say whose pages are looked at, and what Playwright is told beside; no folder: nothing is."""

    folders: tuple[Path, ...] = ()
    told: tuple[str, ...] = ()

    @classmethod
    def asked(cls, checkout: Path, words: Sequence[str]) -> Look:
        """Read `--browser [FOLDER ...] [-- WORDS FOR PLAYWRIGHT]`; raises `UsageError` for anything else."""
        if not words:
            return cls()
        if words[0] != BROWSER:
            raise UsageError(f"docs does not know {words[0]}", f"write nothing, or {BROWSER} and folders with pages")
        at = words.index("--") if "--" in words else len(words)
        named = tuple(checkout / word for word in words[1:at])
        missing = [str(folder) for folder in named if not folder.is_dir()]
        if missing:
            raise UsageError(f"there is no folder {missing[0]}", f"name folders with HTML pages after {BROWSER}")
        return cls((checkout / SITE, *named), tuple(words[at + 1 :]))


def check_links(app: App, say: Callable[[str], None]) -> None:
    """Follow the links of every page in the checkout, without a network; raises `StepFailed`."""
    from shiplane.checks.links import faults  # noqa: PLC0415 - this session alone needs it

    files = app.take_inventory().files
    texts = {name: (app.checkout / name).read_text(encoding="utf-8") for name in files if name.endswith(".md")}
    found = list(faults(texts, files))
    for fault in found:
        say(fault)
    if found:
        raise StepFailed(f"{len(found)} links lead nowhere", "mend them as said above, then: nox -s docs")


def look(app: App, where: Surroundings, asked: Look, say: Callable[[str], None]) -> None:
    """Open every page of the folders in a browser without a network; raises `StepFailed` for what it finds."""
    from shiplane.commands import engine, playwright  # noqa: PLC0415 - a look alone needs it

    name, reports, user = where.project("docs"), app.store.reports("docs"), f"{os.getuid()}:{os.getgid()}"
    mounts = {str(folder): f"/pages/{number}" for number, folder in enumerate(asked.folders)}
    told, words = {"PAGES": "/pages"}, ("--project=documents", *asked.told)
    command = playwright.run(where.runner, name, str(reports), user, told, words, network="none", mounts=mounts)
    app.runner.run(engine.remove(name))
    try:
        done = app.runner.run(command, on_line=say)
    finally:
        app.runner.run(engine.remove(name))
    if not done.ok:
        raise StepFailed("a page is not as it should be", f"open {reports}/html/index.html", done.tail())
