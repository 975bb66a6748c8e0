"""The console on a terminal: a tree that is redrawn in place, failures printed above it for good."""

from __future__ import annotations

from typing import TYPE_CHECKING, TextIO

from rich.console import Console, ConsoleOptions, Group, RenderResult
from rich.live import Live
from rich.padding import Padding
from rich.text import Text

from shiplane.report.events_text import event_text, failure_lines
from shiplane.report.hanging import hanging
from shiplane.report.text import clean
from shiplane.report.ticker import Ticker
from shiplane.report.tree_view import TreeView

if TYPE_CHECKING:
    from shiplane.pipeline.journal import Record
    from shiplane.report.progress import Progress
    from shiplane.report.state import StepState

_FRAME_SECONDS = 0.2
_PRINTED = ("note", "release_published", "deployed")


class _Console(Console):
    """Fall silent where the terminal has gone; rich itself would end the program."""

    def on_broken_pipe(self) -> None:
        self.quiet = True


class TreeConsole:
    """Redraw the tree five times a second.

    Nothing here holds the progress's lock while it calls rich: rich's own lock is taken by the drawing thread,
    which then asks for the progress's.
    """

    def __init__(
        self, stream: TextIO, progress: Progress, console: Console | None = None, *, verbose: bool = False
    ) -> None:
        self._progress = progress
        self._verbose = verbose
        self.console = console or _Console(file=stream, highlight=False, emoji=False, markup=False)
        # Drawn by our own thread: rich's would end, with a traceback on the screen, at the first error.
        self._live = Live(self, console=self.console, auto_refresh=False, vertical_overflow="crop")
        self._ticker = Ticker(_FRAME_SECONDS, self._live.refresh)

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Draw the tree; an error in drawing becomes a line."""
        width, height = options.max_width, console.size.height - 1
        try:
            with self._progress.lock:
                lines = TreeView(self._progress, width).lines(height)
        except Exception as error:  # noqa: BLE001 - whatever it is, the run goes on
            lines = [Text(f"(the tree cannot be drawn: {type(error).__name__})", style="dim")]
        yield Group(*lines)

    def start(self) -> None:
        """Begin to draw."""
        self._live.start()
        self._ticker.start()

    def stop(self) -> None:
        """End; the tree goes where the run has ended, for the summary then says the same."""
        self._ticker.stop()
        self._live.transient = self._progress.run.finished_at is not None
        self._live.stop()

    def on_record(self, record: Record) -> None:
        """Take the record; what should stay on the screen is printed above the tree."""
        self._progress.record(record)
        if record["kind"] in _PRINTED:
            self._print_event(record)
        if record["kind"] == "step_ended" and record["status"] == "failed":
            self._print_failure(self._progress.run.stages[record["stage"]].steps[record["step"]])

    def on_line(self, step: str, text: str) -> None:
        """Keep the line for the next drawing; print it above the tree where every line is wanted."""
        self._progress.line(step, text)
        if self._verbose:
            self.console.print(Text.assemble((f"{step} | ", "dim"), clean(text)))

    def _print_event(self, record: Record) -> None:
        event = event_text(record, self._progress)
        if event is not None:
            stage, text = event
            self.console.print(Text.assemble((f"{stage}: ", "bold"), text) if stage != "run" else Text(text))

    def _print_failure(self, step: StepState) -> None:
        lines = failure_lines(step, self._progress)
        head = Text.assemble(("✗ ", "bold red"), (f"{step.id} failed", "bold"))
        told = [hanging(_told(line)) for line in lines]
        self.console.print(Group(head, Padding(Group(*told), (0, 0, 1, 2))))


def _told(line: str) -> Text:
    word, colon, rest = line.partition(": ")
    if line.startswith("  ") or not colon:
        return Text(line)
    return Text.assemble((f"{word}: ", "bold red" if word == "cause" else "bold"), rest)
