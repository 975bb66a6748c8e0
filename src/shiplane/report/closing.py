"""Telling the end of a run, whatever has become of the terminal."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from shiplane.report.github import quoted
from shiplane.report.summary import render_table, render_text

if TYPE_CHECKING:
    from shiplane.report.runs import Past
    from shiplane.report.summary import Summary
    from shiplane.report.view import View


def show_summary(found: Summary, stream: TextIO | None, view: View) -> None:
    """Print a run's end; a terminal or reader that has gone (None: closed from the start) must not fail the run."""
    if stream is None:
        return
    try:
        if view.github:
            stream.write(quoted(render_text(found)) + "\n")
        elif view.plain or not stream.isatty():
            stream.write(render_text(found) + "\n")
        else:
            from rich.console import Console  # noqa: PLC0415 - slow to import, for a terminal alone

            Console(file=stream).print(render_table(found))
        stream.flush()
    except (OSError, ValueError):
        _drop(stream)


def append_summary(past: Past, file: str) -> None:
    """Add a run's summary to the page of a job in GitHub Actions; where that cannot be, the run ends as it would."""
    from shiplane.report.markdown import render_markdown  # noqa: PLC0415 - for workflows alone

    with contextlib.suppress(OSError), Path(file).open("a", encoding="utf-8") as page:
        page.write(render_markdown(past) + "\n")


def _drop(stream: TextIO) -> None:
    """Send what is still buffered to nowhere: the interpreter writes it at its end and would fail with 120."""
    with contextlib.suppress(OSError, ValueError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        try:
            os.dup2(nowhere, stream.fileno())
        finally:
            os.close(nowhere)
