"""One line for each event of a run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shiplane.report.repeat import repeat_command
from shiplane.report.tests_text import counts_text, failed_lines
from shiplane.report.text import clean, duration, elapsed, limit, one_line, short_commit, short_digest, shortened

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from shiplane.pipeline.journal import Record
    from shiplane.report.progress import Progress
    from shiplane.report.state import RunState, StepState

_LAST_LINE_WIDTH = 100


def run_title(run: RunState) -> str:
    """Name a run: number, branch, short commit and target."""
    parts = [f"run {run.number}", run.branch, short_commit(run.commit), run.target]
    return " · ".join(part for part in parts if part)


def event_text(record: Record, progress: Progress) -> tuple[str, str] | None:
    """Give (stage, text) for a record that the progress has taken; None for kinds that say nothing."""
    writer = _WRITERS.get(record["kind"])
    return writer(record, progress.run) if writer else None


def _run_started(_record: Record, run: RunState) -> tuple[str, str]:
    stages = " → ".join(run.stages) or run.reason
    title = run_title(run).removeprefix("run ")
    return "run", f"{title}: {stages}" if stages else title


def _run_ended(_record: Record, run: RunState) -> tuple[str, str]:
    return "run", f"{run.status} in {duration(run.seconds or 0)}"


def _note(record: Record, _run: RunState) -> tuple[str, str]:
    return "run", one_line(str(record.get("text", "")))


def _release_published(record: Record, _run: RunState) -> tuple[str, str]:
    release = record["release"]
    images = ", ".join(f"{name} {short_digest(i['digest'])}" for name, i in sorted(release["images"].items()))
    return "publish", f"release {release['id']}: {images}"


def _deployed(record: Record, _run: RunState) -> tuple[str, str]:
    release, action = record["release"], record.get("action", "deploy")
    if record.get("outcome") != "deployed":
        return record["environment"], f"{action} of release {release}: {record.get('outcome', '')}"
    done = {"promote": "promoted", "rollback": "rolled back to"}.get(action, "deployed")
    return record["environment"], f"release {release} {done}: {record.get('url', '')}"


def _stage_started(record: Record, run: RunState) -> tuple[str, str]:
    seconds = run.stages[record["stage"]].timeout_seconds
    return record["stage"], f"started, at most {limit(seconds)}" if seconds else "started"


def _stage_ended(record: Record, _run: RunState) -> tuple[str, str]:
    return record["stage"], f"{record['status']}{_after(record)}"


def _step_started(record: Record, run: RunState) -> tuple[str, str] | None:
    step = run.stages[record["stage"]].steps[record["step"]]
    if step.decision.get("choice") in ("reuse", "skip"):
        return None  # its end comes at once and says all
    return record["stage"], f"{step.id} started{f': {step.title}' if step.title else ''}"


def _step_retried(record: Record, _run: RunState) -> tuple[str, str]:
    tries, of = record["tries"], record["of"]
    again = f"again in {limit(record['wait_seconds'])}" if record.get("wait_seconds", 0) >= 1 else "again"
    why, cause = one_line(str(record.get("reason") or "")), one_line(str(record.get("cause") or ""))
    told = f"{record['step']} failed in try {tries} of {of}{f' ({cause})' if cause else ''}"
    return record["stage"], f"{told}, {again}{f': {why}' if why else ''}"


def _tests(record: Record, _run: RunState) -> tuple[str, str]:
    return record["stage"], f"{record['step']}: {counts_text(record) or 'no tests'}"


def _step_ended(record: Record, run: RunState) -> tuple[str, str] | None:
    if record["status"] == "skipped" and run.stages[record["stage"]].status == "pending":
        return None  # of a stage that never began the line of the stage says it
    step, status = run.stages[record["stage"]].steps[record["step"]], record["status"]
    told = how_text(step) if status == "passed" and step.how != "ran" else f"{status}{_after(record)}{_tried(step)}"
    why = one_line(step.cause) if step.how != "ran" or status in ("skipped", "cancelled") else ""
    return record["stage"], f"{step.id} {told}{f': {why}' if why else ''}"


def how_text(step: StepState) -> str:
    """Say how a step passed that did not run: `reused from run 41`, `not needed`."""
    return f"reused from run {step.reused_from}" if step.how == "reused" else "not needed"


def _tried(step: StepState) -> str:
    return f" at try {step.tries}" if step.tries > 1 else ""


_WRITERS: Mapping[str, Callable[[Record, RunState], tuple[str, str] | None]] = {
    "run_started": _run_started,
    "run_ended": _run_ended,
    "note": _note,
    "release_published": _release_published,
    "deployed": _deployed,
    "stage_started": _stage_started,
    "stage_ended": _stage_ended,
    "step_started": _step_started,
    "step_retried": _step_retried,
    "step_ended": _step_ended,
    "tests": _tests,
}


def _after(record: Record) -> str:
    seconds = record.get("seconds")
    if seconds is None or record["status"] == "skipped":
        return ""
    return f" {'in' if record['status'] == 'passed' else 'after'} {duration(seconds)}"


def heartbeat_text(step: StepState, progress: Progress) -> str:
    """Say that a step runs, how long, how long it took before, and the last line it printed."""
    usual = progress.estimates.get(step.id)
    took = f" (took {duration(usual)} before)" if usual else ""
    last = shortened(progress.last_line(step.id).strip(), _LAST_LINE_WIDTH)
    return f"{step.id} runs for {elapsed(progress.step_elapsed(step))}{took}{f' · {last}' if last else ''}"


def failure_lines(step: StepState, progress: Progress) -> list[str]:
    """Give cause, failed tests, fix, what repeats it, log file and last lines of a failed step, the last indented."""
    lines = [f"cause: {one_line(step.cause) or f'exit code {step.exit_code}'}"]
    lines += [f"test failed: {line}" for line in failed_lines(step)]
    if step.fix:
        lines.append(f"fix: {one_line(step.fix)}")
    if step.page:
        lines.append(f"see: {step.page}")
    again = repeat_command(step, progress.run)
    if again and again not in step.fix:
        lines.append(f"repeat: {again}")
    if progress.log_file is not None:
        lines.append(f"log: {clean(str(progress.log_file(step.id)))}")
    return lines + [f"  {line}".rstrip() for line in progress.tail(step)]
