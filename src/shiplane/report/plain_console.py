"""The console where nothing can be redrawn: a timestamped line an event, and a sign of life in between."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, TextIO

from shiplane.report.events_text import event_text, failure_lines, heartbeat_text
from shiplane.report.text import clean, clock
from shiplane.report.ticker import Ticker
from shiplane.report.view import View

if TYPE_CHECKING:
    from collections.abc import Callable

    from shiplane.pipeline.journal import Record
    from shiplane.report.progress import Progress

HEARTBEAT_SECONDS = 20.0
_STAGE_WIDTH = 10  # of `production`, the longest name


class PlainConsole:
    """Print lines such as `00:12 build       build.images passed in 34.1 s`; no step stays silent over 20 s.

    `lock` is held while something is printed.
    """

    def __init__(self, stream: TextIO, progress: Progress, view: View | None = None) -> None:
        self._stream = stream
        self._progress = progress
        self._view = view or View()
        self.lock = threading.RLock()
        self._mentioned: dict[str, float] = {}
        self._printed_at = progress.clock()
        self._broken = False
        # Twice a second, so that a heartbeat is never late by more than what nobody notices.
        self._ticker = Ticker(0.5, self.beat)

    def start(self) -> None:
        """Begin the heartbeat."""
        self._ticker.start()

    def stop(self) -> None:
        """End the heartbeat."""
        self._ticker.stop()

    def on_record(self, record: Record) -> None:
        """Print the record's line, and for a failure why and what to do."""
        with self.lock:
            self._progress.record(record)
            failed = record["kind"] == "step_ended" and record["status"] == "failed"
            event = event_text(record, self._progress)
            if event is not None and (failed or not self._view.quiet):
                self._print(*event)
            if record["kind"] == "step_started":
                self._mentioned[record["step"]] = self._progress.clock()
            if failed:
                self._print_failure(record)

    def on_line(self, step: str, text: str) -> None:
        """Keep the line for the heartbeat; print it where every line is wanted."""
        self._progress.line(step, text)
        if self._view.verbose:
            with self.lock:
                self._mentioned[step] = self._progress.clock()
                self._print(step.partition(".")[0], f"{step} | {clean(text)}".rstrip())

    def beat(self) -> None:
        """Mention every step that was not mentioned for a while, or that the run is between two steps."""
        if self._view.quiet:
            return
        with self.lock:
            run, now = self._progress.run, self._progress.clock()
            due = self._is_due(now)
            running = [step for step in run.steps if step.status == "running"]
            for step in running:
                if due(self._mentioned.get(step.id, now)):
                    self._mentioned[step.id] = now
                    self._print(step.stage, heartbeat_text(step, self._progress))
            if run.status == "running" and due(self._printed_at):
                self._print("run", "between two steps" if not running else "goes on")

    def _is_due(self, now: float) -> Callable[[float], bool]:
        # A tick may come just before the full time; the next one would be late.
        return lambda since: now - since > HEARTBEAT_SECONDS - 0.75

    def _print_failure(self, record: Record) -> None:
        step = self._progress.run.stages[record["stage"]].steps[record["step"]]
        for line in failure_lines(step, self._progress):
            self.write(f"      {line}")
        self.flush()

    def _print(self, stage: str, text: str) -> None:
        self._printed_at = self._progress.clock()
        self.write(f"{clock(self._progress.elapsed())} {stage:<{_STAGE_WIDTH}}  {text}")
        self.flush()

    def write(self, line: str) -> None:
        """Print a line, as far as the stream's encoding and its reader let us."""
        if self._broken:
            return
        encoding = getattr(self._stream, "encoding", None) or "utf-8"
        try:
            self._stream.write(line.encode(encoding, "replace").decode(encoding) + "\n")
        except (OSError, ValueError):  # the reader has gone or the stream is closed: the run goes on
            self._broken = True

    def flush(self) -> None:
        """Send what was printed."""
        try:
            if not self._broken:
                self._stream.flush()
        except (OSError, ValueError):
            self._broken = True
