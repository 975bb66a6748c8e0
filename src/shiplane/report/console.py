"""The live console of a run: a tree on a terminal, one line an event elsewhere, groups in GitHub Actions."""

from __future__ import annotations

import contextlib
import io
import os
import time
from typing import TYPE_CHECKING, Protocol, TextIO, cast

from shiplane.report.progress import Progress

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from shiplane.pipeline.journal import Record
    from shiplane.report.view import View


class Console(Protocol):
    """Show a run while it goes on."""

    def start(self) -> None:
        """Begin to show."""

    def stop(self) -> None:
        """End; what was printed stays."""

    def on_record(self, record: Record) -> None:
        """Take a record of the journal."""

    def on_line(self, step: str, text: str) -> None:
        """Take a line of a step's output."""


class Guarded:
    """Keep whatever a console raises from the run that it shows: a report must not fail it."""

    def __init__(self, console: Console) -> None:
        self.console = console

    def start(self) -> None:
        """Begin to show."""
        with contextlib.suppress(Exception):
            self.console.start()

    def stop(self) -> None:
        """End; what was printed stays."""
        with contextlib.suppress(Exception):
            self.console.stop()

    def on_record(self, record: Record) -> None:
        """Take a record of the journal."""
        with contextlib.suppress(Exception):
            self.console.on_record(record)

    def on_line(self, step: str, text: str) -> None:
        """Take a line of a step's output."""
        with contextlib.suppress(Exception):
            self.console.on_line(step, text)


class _Nowhere(io.TextIOBase):
    """Take the text of a program whose standard output is closed."""

    def write(self, text: str, /) -> int:
        return len(text)


def live(
    console_stream: TextIO | None,
    view: View,
    *,
    estimates: Mapping[str, float] | None = None,
    log_file: Callable[[str], Path] | None = None,
    clock: Callable[[], float] = time.monotonic,
) -> Guarded:
    """Give the console for a stream: the tree on a terminal that can draw it, unless the view wants lines.

    None, as `sys.stdout` is where it was closed, takes what is shown and drops it.
    `estimates` are seconds by step id; `log_file` gives the file that holds a step's output.
    """
    progress = Progress(clock, estimates or {}, log_file)
    if console_stream is None:
        console_stream = cast("TextIO", _Nowhere())
    if view.github:
        from shiplane.report.github_console import GithubConsole  # noqa: PLC0415 - one of the three is used

        return Guarded(GithubConsole(console_stream, progress, view))
    if view.plain or view.quiet or not _draws(console_stream):
        from shiplane.report.plain_console import PlainConsole  # noqa: PLC0415 - one of the three is used

        return Guarded(PlainConsole(console_stream, progress, view))
    from shiplane.report.tree_console import TreeConsole  # noqa: PLC0415 - brings rich

    return Guarded(TreeConsole(console_stream, progress, verbose=view.verbose))


def _draws(stream: TextIO) -> bool:
    """Tell whether a stream is a terminal that moves its cursor and shows more than ASCII."""
    encoding = (getattr(stream, "encoding", None) or "").lower().replace("-", "").replace("_", "")
    return stream.isatty() and encoding.startswith("utf") and os.environ.get("TERM", "") not in ("", "dumb")
