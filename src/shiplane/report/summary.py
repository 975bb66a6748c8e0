"""The end of a run: a table of its stages, what was deployed where, and for a failure what to type next."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from shiplane.report.events_text import run_title
from shiplane.report.repeat import repeat_command
from shiplane.report.state import fold
from shiplane.report.tests_text import failed_lines
from shiplane.report.text import (
    SIGNS,
    STYLES,
    clean,
    columns,
    duration,
    left_serving,
    one_line,
    short_digest,
    shortened,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from rich.console import RenderableType

    from shiplane.model import Status
    from shiplane.pipeline.journal import Record
    from shiplane.report.state import RunState, StepState

_LAST_LINES = 12  # the console showed thirty when it happened, and the log file has all
_LINE_WIDTH = 200
_MOST_TESTS = 10
_HEADER = ("stage", "result", "duration")
_NOT_DONE = ("pending", "skipped")


@dataclass(frozen=True, slots=True)
class StageResult:
    """Hold one row of the table."""

    name: str
    status: Status
    seconds: float | None

    @property
    def row(self) -> tuple[str, str, str]:
        """Give the row's texts."""
        taken = "-" if self.seconds is None or self.status in _NOT_DONE else duration(self.seconds)
        return (f"{SIGNS[self.status]} {self.name}", self.status, taken)


@dataclass(frozen=True, slots=True)
class Failure:
    """Hold what failed, why, what to do, its last lines (masked), the file that holds all of them, and failed tests."""

    stage: str
    step: str
    status: Status
    cause: str
    fix: str
    details: tuple[str, ...]
    log: str
    tests: tuple[str, ...] = ()
    repeat: str = ""
    page: str = ""
    exit_code: int = 0


@dataclass(frozen=True, slots=True)
class Summary:
    """Hold the end of a run; `release` and `deployments` are the journal's, `addresses` those deployed now."""

    title: str
    status: Status
    seconds: float
    reason: str
    stages: tuple[StageResult, ...]
    failures: tuple[Failure, ...]
    release: Mapping[str, Any] | None
    deployments: tuple[Mapping[str, Any], ...]
    addresses: Mapping[str, str]

    @property
    def failure(self) -> Failure | None:
        """Give the first failure."""
        return self.failures[0] if self.failures else None


def summary(records: Iterable[Record], folder: Path | None = None) -> Summary:
    """Draw the summary from a run's records; `folder` is the run's, by which log files are named."""
    run = fold(records)
    deployments = tuple(run.deployments.values())
    return Summary(
        title=run_title(run),
        status=run.status,
        seconds=run.seconds or 0.0,
        reason=run.reason,
        stages=tuple(StageResult(s.name, s.status, s.seconds) for s in run.stages.values()),
        failures=tuple(failures(run, folder)),
        release=next(reversed(run.releases.values()), None),
        deployments=deployments,
        addresses={d["environment"]: d["url"] for d in deployments if d["outcome"] == "deployed"},
    )


def failures(run: RunState, folder: Path | None = None) -> Iterator[Failure]:
    """Give every step that failed; where none did, what the run was interrupted in, or the stage alone."""
    failed = [step for step in run.steps if step.status == "failed"]
    cut_off = [step for step in run.steps if step.status == "cancelled" and step.cause]
    for step in failed or cut_off[:1]:
        told = (_cause(step), one_line(step.fix), step.details, _log(step, folder))
        tests = tuple(failed_lines(step, _MOST_TESTS))
        yield Failure(
            step.stage, step.id, step.status, *told, tests, repeat_command(step, run), step.page, step.exit_code
        )
    if not failed and not cut_off:
        for stage in run.stages.values():
            if stage.status == "failed":
                yield Failure(stage.name, "", "failed", f"stage {stage.name} failed", "", (), "")


def _cause(step: StepState) -> str:
    return one_line(step.cause) or f"exit code {step.exit_code}"


def _log(step: StepState, folder: Path | None) -> str:
    # The journal's own naming: a step's output is in `logs/<step>.log` of the run's folder.
    return f"{folder}/logs/{step.id}.log" if folder is not None else f"logs/{step.id}.log"


def render_text(summary: Summary) -> str:
    """Write the summary as plain text; the last line of a failure is what to do next."""
    rows = [(f"  {_HEADER[0]}", *_HEADER[1:]), *(stage.row for stage in summary.stages)]
    table = ["", *columns(rows, right=(2,))]
    lines = [_head(summary), *(table if summary.stages else [])]
    return "\n".join([*lines, *(text for _, text in _below(summary))])


def render_table(summary: Summary) -> RenderableType:
    """Make the summary for a rich console."""
    from rich.console import Group  # noqa: PLC0415 - only a terminal pays for rich
    from rich.table import Table  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    from shiplane.report.hanging import hanging  # noqa: PLC0415

    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    for name in _HEADER:
        table.add_column(f"  {name}" if name == _HEADER[0] else name, justify="right" if name == "duration" else "left")
    for stage in summary.stages:
        table.add_row(*(Text(text, style=STYLES[stage.status]) for text in stage.row))
    head = Text(_head(summary), style=f"bold {STYLES[summary.status]}")
    parts: list[RenderableType] = [Text(), table] if summary.stages else []
    return Group(head, *parts, *(hanging(Text(text, style=style)) for style, text in _below(summary)))


def _head(summary: Summary) -> str:
    if not summary.stages:
        return f"{summary.title}: nothing to do" + (f": {summary.reason}" if summary.reason else "")
    return f"{summary.title}: {summary.status} in {duration(summary.seconds)}"


def _below(summary: Summary) -> Iterator[tuple[str, str]]:
    """Give the lines below the table, each with its style."""
    yield from _release(summary)
    yield from _places(summary)
    for failure in summary.failures:
        yield from _failure(failure)


def _release(summary: Summary) -> Iterator[tuple[str, str]]:
    if summary.release is None:
        return
    dirty = ", made from uncommitted edits" if summary.release.get("dirty") else ""
    yield "", ""
    yield "bold", f"release {summary.release['id']}{dirty}"
    images = summary.release["images"]
    rows = [(name, image["reference"], short_digest(image["digest"])) for name, image in sorted(images.items())]
    for line in columns(rows, indent="  ") if rows else ():
        yield "", line


def _places(summary: Summary) -> Iterator[tuple[str, str]]:
    """Tell what each environment serves after the run, and what could not be put there."""
    if not summary.deployments:
        return
    yield "", ""
    width = max(len(d["environment"]) for d in summary.deployments)
    for each in summary.deployments:
        name, release = f"{each['environment']:<{width}}", each["release"]
        if each["outcome"] == "deployed":
            already = " already" if each.get("unchanged") else ""
            yield "", f"{name}  {each['url']}  serves {release}{already}"
        else:
            left = left_serving(each)
            after = f"; {left}" if left else ""
            yield STYLES["failed"], f"{name}  {each['action']} of {release} {each['outcome']}{after}"


def _failure(failure: Failure) -> Iterator[tuple[str, str]]:
    yield "", ""
    name = failure.step or failure.stage
    yield STYLES[failure.status], f"{SIGNS[failure.status]} {name} {failure.status}: {failure.cause}"
    for line in failure.details[-_LAST_LINES:]:
        yield "", f"    {shortened(clean(line), _LINE_WIDTH)}".rstrip()
    for test in failure.tests:
        yield "", f"  test failed: {test}"
    if failure.log:
        yield "", f"  log: {failure.log}"
    if failure.repeat and failure.repeat not in failure.fix:
        yield "", f"  repeat: {failure.repeat}"
    if failure.page:
        yield "", f"  see: {failure.page}"
    if failure.fix:
        yield "bold", f"  fix: {failure.fix}"
