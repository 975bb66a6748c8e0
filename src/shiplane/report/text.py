"""Small pieces of text that every report is made of."""

from __future__ import annotations

import math
import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

# Each is told from the others without colour.
SIGNS: Mapping[str, str] = {
    "passed": "✓",
    "failed": "✗",
    "running": "▸",
    "pending": "·",
    "skipped": "-",
    "cancelled": "!",
}
STYLES: Mapping[str, str] = {
    "passed": "green",
    "failed": "bold red",
    "running": "bold cyan",
    "pending": "dim",
    "skipped": "dim",
    "cancelled": "yellow",
}

_SHORT = 12
_MINUTE = 60
_HOUR = 3600
_LONGEST_LINE = 2000
# Colours and cursor movements, then what would still move the cursor, turn the text around or not be UTF-8.
_ESCAPES = re.compile(
    r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[PX^_][^\x1b]*(?:\x1b\\)?|[ -/]*[0-~])"
)
_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]")


def clean(text: str) -> str:
    """Give one line of output as a terminal would leave it: no escapes, no controls, the end of a progress line."""
    line = _ESCAPES.sub("", text[-_LONGEST_LINE * 2 :]).rstrip()
    return _CONTROLS.sub("", line.rpartition("\r")[2].expandtabs(4))[:_LONGEST_LINE].rstrip()


def printable(text: str) -> str:
    """Take out of a line what would move the cursor, turn text around or change the terminal; its length stays."""
    return _CONTROLS.sub("", _ESCAPES.sub("", text).expandtabs(4))


def one_line(text: str) -> str:
    """Join the lines of a text to one."""
    return " ".join(part for part in (clean(line).strip() for line in text.splitlines()) if part)


def left_serving(deployed: Mapping[str, Any]) -> str:
    """Say what serves after a deployment that was undone; empty after another."""
    if deployed.get("outcome") != "undone":
        return ""
    before = deployed.get("from_release")
    return f"{one_line(str(before))} serves again" if before else "nothing served before"


def duration(seconds: float) -> str:
    """Write a measured time: `34.1 s`, `2 min 05 s`, `1 h 05 min`."""
    if seconds < _MINUTE - 0.05:
        return f"{max(seconds, 0):.1f} s"
    return elapsed(round(seconds))


def elapsed(seconds: float) -> str:
    """Write a time that still runs, in whole seconds."""
    whole = max(int(seconds), 0)
    if whole < _MINUTE:
        return f"{whole} s"
    if whole < _HOUR:
        return f"{whole // _MINUTE} min {whole % _MINUTE:02d} s"
    return f"{whole // _HOUR} h {whole % _HOUR // _MINUTE:02d} min"


def about(seconds: float) -> str:
    """Write an estimate no finer than it is: `25 s`, `2 min 30 s`, `1 h 10 min`."""
    if seconds <= _MINUTE - 5:
        return f"{max(math.ceil(seconds / 5), 1) * 5} s"
    grain = _MINUTE // 2 if seconds < 5 * _MINUTE else _MINUTE
    return limit(max(round(seconds / grain) * grain, _MINUTE))


def limit(seconds: float) -> str:
    """Write a time limit without parts that are zero: `45 min`, `1 min 30 s`."""
    hours, rest = divmod(int(seconds), _HOUR)
    parts = ((hours, "h"), (rest // _MINUTE, "min"), (rest % _MINUTE, "s"))
    return " ".join(f"{count} {unit}" for count, unit in parts if count) or "0 s"


def clock(seconds: float) -> str:
    """Write the time since a start: `00:12`, `1:02:12`."""
    whole = max(int(seconds), 0)
    hours, minutes = divmod(whole // _MINUTE, 60)
    return f"{hours}:{minutes:02d}:{whole % 60:02d}" if hours else f"{minutes:02d}:{whole % 60:02d}"


def moment(stamp: str | None) -> str:
    """Write an ISO 8601 time to the minute, in UTC: `2026-01-31 12:00 UTC`; `-` where there is none."""
    if not stamp:
        return "-"
    try:
        at = datetime.fromisoformat(stamp)
    except ValueError:
        return stamp
    return at.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC") if at.tzinfo else stamp


def size(count: int) -> str:
    """Write a number of bytes: `48.3 MiB`."""
    for unit, scale in (("GiB", 2**30), ("MiB", 2**20), ("KiB", 2**10)):
        if count >= scale:
            return f"{count / scale:.1f} {unit}"
    return f"{count} B"


def short_commit(commit: str) -> str:
    """Give a commit's first twelve digits."""
    return commit[:_SHORT]


def short_digest(digest: str) -> str:
    """Give a digest with its first twelve digits: `sha256:0123456789ab`."""
    algorithm, _, value = digest.partition(":")
    return f"{algorithm}:{value[:_SHORT]}" if value else digest[:_SHORT]


def columns(rows: Sequence[Sequence[str]], *, indent: str = "", right: Sequence[int] = ()) -> list[str]:
    """Align rows of the same length; the columns whose numbers stand in `right` to the right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        (indent + "  ".join(_cell(text, widths[i], right=i in right) for i, text in enumerate(row))).rstrip()
        for row in rows
    ]


def _cell(text: str, width: int, *, right: bool) -> str:
    return text.rjust(width) if right else text.ljust(width)


def shortened(text: str, width: int) -> str:
    """Cut a text to a width, the cut marked."""
    return text if len(text) <= width else text[: max(width - 1, 0)] + "…"
