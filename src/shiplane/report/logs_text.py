"""Lines of logs, each with the service that it is from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shiplane.report.text import printable

if TYPE_CHECKING:
    from collections.abc import Callable

    from shiplane.deploy.logs import Line

_COLOURS = (36, 33, 32, 35, 34, 96, 93, 92, 95, 94)
_DIM = 2
_WIDEST = 24


class LogLines:
    """Write lines with aligned prefixes; `colour` is for a terminal, where nothing may move the cursor either."""

    def __init__(self, write: Callable[[str], None], *, colour: bool) -> None:
        self._write = write
        self._colour = colour
        self._colours: dict[str, int] = {}
        self._width = 0

    def show(self, line: Line) -> None:
        """Write one line."""
        label = f"{line.service}-{line.number}" if line.service and line.number else line.service or line.number
        self._width = min(max(self._width, len(label)), _WIDEST)
        prefix = f"{label.ljust(self._width)} |"
        if not self._colour:
            self._write(f"{prefix} {'· ' if line.note else ''}{line.text}")
            return
        colour = self._colours.setdefault(line.service, _COLOURS[len(self._colours) % len(_COLOURS)])
        text = _painted(_DIM, f"· {printable(line.text)}") if line.note else printable(line.text)
        self._write(f"{_painted(colour, prefix)} {text}")


def _painted(code: int, text: str) -> str:
    return f"\x1b[{code}m{text}\x1b[0m"
