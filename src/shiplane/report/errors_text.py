"""An expected failure as the command line tells it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shiplane.errors import EXIT_CODES
from shiplane.report.text import clean, one_line

if TYPE_CHECKING:
    from shiplane.errors import ShiplaneError

# What these mean for what serves now cannot be read from the cause alone.
_SAID_IN_WORDS = (6, 7, 8)


def render_error(error: ShiplaneError) -> str:
    """Write the cause in one line, then the fix, the page that says more, then the details indented."""
    lines = [one_line(error.cause)]
    if error.exit_code in _SAID_IN_WORDS:
        lines[0] += f" (exit {error.exit_code}: {EXIT_CODES[error.exit_code]})"
    if error.fix:
        lines.append(f"fix: {one_line(error.fix)}")
    lines.append(f"see: {error.page}")
    lines += [f"  {clean(line)}".rstrip() for detail in error.details for line in (detail.splitlines() or [""])]
    return "\n".join(lines)
