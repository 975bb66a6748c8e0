"""The console in GitHub Actions: the plain lines, each step's output in a group, annotations where tests failed."""

from __future__ import annotations

from typing import TYPE_CHECKING, TextIO

from shiplane.model import STEP_NAMES
from shiplane.report.findings import findings
from shiplane.report.github import Orders, order
from shiplane.report.log_excerpt import Excerpt, read_excerpt
from shiplane.report.plain_console import PlainConsole
from shiplane.report.tests_text import of_kind
from shiplane.report.text import duration, one_line

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import Any

    from shiplane.pipeline.journal import Record
    from shiplane.report.progress import Progress
    from shiplane.report.state import StepState
    from shiplane.report.view import View

# More than anybody reads in a browser; the step's log file has all.
HEAD_BYTES = 200_000
TAIL_BYTES = 2_000_000
# GitHub shows so many of a kind and step of its workflow.
MOST_ANNOTATIONS = 10
_LINTED = tuple(f"test.{name}" for name in STEP_NAMES["test"] if name.startswith("lint"))


class GithubConsole:
    """Show a run in a workflow's log; steps run side by side, so a group is written when its step has ended."""

    def __init__(self, stream: TextIO, progress: Progress, view: View) -> None:
        self._plain = PlainConsole(stream, progress, view)
        self._progress = progress
        self._view = view
        self._orders = Orders(self._plain.write)

    def start(self) -> None:
        """Begin; from now on no line is an order but our own."""
        self._orders.off()
        self._plain.start()

    def stop(self) -> None:
        """End, and let other programs give orders again."""
        self._plain.stop()
        with self._plain.lock:
            self._orders.on()
            self._plain.flush()

    def on_record(self, record: Record) -> None:
        """Print the record's line; at a step's end its output, and what of it should stand beside the code."""
        with self._plain.lock:
            self._plain.on_record(record)
            if record["kind"] == "step_ended":
                self._end(self._progress.run.stages[record["stage"]].steps[record["step"]])

    def on_line(self, step: str, text: str) -> None:
        """Keep the line for the heartbeat."""
        self._plain.on_line(step, text)

    def _end(self, step: StepState) -> None:
        failed = step.status == "failed"
        if not self._view.verbose and (failed or not self._view.quiet):
            self._group(step)
        annotations = [*(self._failures(step) if failed else ()), *_flaky(step)]
        if annotations:
            self._orders.give(*annotations)
        self._plain.flush()

    def _failures(self, step: StepState) -> Iterator[str]:
        """Mark the tests that failed or what linters found; where there is neither, the step itself."""
        failed = of_kind(step, "failed")
        for each in failed[:MOST_ANNOTATIONS]:
            yield _annotation("error", each, str(each.get("message") or "failed"))
        found = [] if failed or step.id not in _LINTED else list(findings(self._log(step).lines))
        for one in found[:MOST_ANNOTATIONS]:
            yield order("error", one.text, {"file": one.file, "line": one.line, "title": step.name})
        if not failed and not found:
            yield order("error", one_line(step.cause) or f"exit code {step.exit_code}", {"title": step.name})

    def _log(self, step: StepState) -> Excerpt:
        if self._progress.log_file is None:
            return Excerpt()
        return read_excerpt(self._progress.log_file(step.id), HEAD_BYTES, TAIL_BYTES)

    def _group(self, step: StepState) -> None:
        log = self._log(step)
        if log.head:
            self._orders.give(order("group", f"{step.id}: {step.status} after {duration(step.seconds or 0)}"))
            for line in log.lines:
                self._plain.write(line)
            self._orders.give(order("endgroup"))


def _flaky(step: StepState) -> Iterator[str]:
    for each in of_kind(step, "flaky")[:MOST_ANNOTATIONS]:
        yield _annotation("warning", each, f"flaky: it failed first, and passed when tried again\n{each['message']}")


def _annotation(kind: str, test: Mapping[str, Any], text: str) -> str:
    return order(kind, text, {"file": test.get("file", ""), "line": test.get("line", 0), "title": test["name"]})
