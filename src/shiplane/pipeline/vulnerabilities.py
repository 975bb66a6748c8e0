"""Known vulnerabilities of images, found by whichever scanner is configured; without one, that is said."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shiplane.errors import TimeLimit, UsageError
from shiplane.model import Command

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from shiplane.config import Images
    from shiplane.runners.base import Runner

    Say = Callable[[str], None]

ARCHIVE = "{archive}"
_SECONDS = 900


class Scanner:
    """Scan images by the configured command; `note` is told once why they were not, for every report."""

    def __init__(self, runner: Runner, settings: Images, say: Say, note: Say) -> None:
        self._runner = runner
        self._settings = settings
        self._say = say
        self._note = note
        self._told: set[str] = set()

    def look(self, tag: str, archive: Path) -> tuple[str, ...]:
        """Give what is found in the archive of an image; what could not be scanned holds nothing back."""
        words = self._settings.vulnerability_scanner
        if not words:
            return self._not_scanned("no scanner is configured (vulnerability_scanner of [tool.shiplane.images])")
        command = Command(tuple(word.replace(ARCHIVE, str(archive)) for word in words), timeout=_SECONDS)
        self._say(f"$ {command.masked()}")
        try:
            done = self._runner.run(command, on_line=self._say)
        except (UsageError, TimeLimit) as error:  # it is not on this machine, or its database does not come
            return self._not_scanned(f"{tag}: {error.cause}")
        if done.ok:
            self._say(f"{tag}: {words[0]} found no vulnerability that counts")
            return ()
        if done.exit_code != self._settings.vulnerability_code:
            last = (done.tail(1) or (f"{words[0]} ended with {done.exit_code}",))[0]
            return self._not_scanned(f"{tag}: {last}")
        return ("it has known vulnerabilities", *(f"{words[0]}: {line}" for line in done.tail()))

    def _not_scanned(self, why: str) -> tuple[str, ...]:
        if why not in self._told:
            self._told.add(why)
            told = f"not scanned for vulnerabilities: {why}"
            self._say(told)
            self._note(told)
        return ()
