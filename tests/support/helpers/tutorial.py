"""The tutorial, typed into a clone line by line as its page has it."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING

import documented
from helpers.doctor import free
from helpers.story import replace

if TYPE_CHECKING:
    from pathlib import Path

    from helpers.clone import Clone, Finished
    from helpers.servers import Servers

PAGE = documented.ROOT / "docs/tutorial.md"
BROWSER = """#!/bin/sh
printf %s "$1" >"$0.opened"
"""
_EDIT = "5. Change something"
_DOCTOR = "invoke doctor"


@dataclass(frozen=True, slots=True)
class Lesson:
    """Hold how each block of a section ended, and the release that staging served after it."""

    ended: tuple[Finished, ...]
    serves: str

    @property
    def told(self) -> str:
        """Give all that its commands printed."""
        return "".join(each.output for each in self.ended)


def follow(clone: Clone, servers: Servers) -> dict[str, Lesson]:
    """Type every block of the page in turn, each of which has to end well; give the sections that have any.

    The bootstrap has to be one that finds its packages, and the machine's browser is a script beside the clone.
    """
    lessons = {}
    for heading, blocks in documented.sections(PAGE):
        if heading == _EDIT:
            clone.commit("Change a text", _change_text)
        if blocks:
            ended = tuple(_typed(clone, block) for block in blocks)
            lessons[heading] = Lesson(ended, str(servers.get("staging", "status/")["release"]))
    return lessons


def opened(clone: Clone) -> str:
    """Give the address that the browser was asked for."""
    return _browser(clone).with_name("browser.opened").read_text(encoding="utf-8")


def _browser(clone: Clone) -> Path:
    return clone.folder.parent / "browser"


def _typed(clone: Clone, block: str) -> Finished:
    browser = _browser(clone)
    browser.write_text(BROWSER, encoding="utf-8")
    browser.chmod(0o755)
    # Patience alone is added: others work on the machine that runs the tests. The ports of the development stack may be
    # somebody's, whom the doctor would name.
    text, ports = block.replace(_DOCTOR, f"{_DOCTOR} --seconds 60"), free() if _DOCTOR in block else {}
    shell = (str(shutil.which("bash")), "-euo", "pipefail", "-c", f"source .venv/bin/activate\n{text}")
    return clone.run(*shell, environ={"BROWSER": str(browser), **ports})


def _change_text(folder: Path) -> None:
    replace(folder / "frontend/src/components/Footer.tsx", "is not known yet", "is not known so far")
