"""The tree of a run, drawn for a width and a height."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text

from shiplane.report.events_text import run_title
from shiplane.report.state import ENDED
from shiplane.report.text import SIGNS, STYLES, about, duration, elapsed, one_line

if TYPE_CHECKING:
    from collections.abc import Iterator

    from shiplane.model import Status
    from shiplane.report.progress import Progress
    from shiplane.report.state import StageState, StepState

_SPINNER = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"
_BAR_WIDTH = 24
_TIMES_WIDTH = 12
_LONGEST_NAME = 44
# How much is shown, from everything, over the waiting stages in one line and the running steps alone, to no output.
_ALL, _STEPS, _LIVELY, _BARE = 3, 2, 1, 0


class TreeView:
    """Draw: a head, then the stages; what is running unfolded, what has ended or waits in one line each."""

    def __init__(self, progress: Progress, width: int) -> None:
        self._progress = progress
        self._run = progress.run
        self._width = width
        longest = max((len(step.name) + 2 for step in self._run.steps), default=0)
        self._names = min(max(longest, 10), _LONGEST_NAME, max(width - _TIMES_WIDTH - 4, 10))

    def lines(self, height: int) -> list[Text]:
        """Give the fullest drawing that fits the height, each line cut to the width."""
        drawn: list[Text] = []
        for details in (_ALL, _STEPS, _LIVELY, _BARE):
            drawn = [*self._head(), Text(), *self._stages(details)]
            if len(drawn) <= height:
                break
        if len(drawn) < height:
            drawn.insert(0, Text())  # apart from what was printed before
        for line in drawn:
            line.truncate(self._width, overflow="ellipsis")
        return drawn[:height]

    def _head(self) -> Iterator[Text]:
        title, took = Text(run_title(self._run), style="bold"), Text(elapsed(self._progress.elapsed()), style="bold")
        title.truncate(self._width - len(took) - 2, overflow="ellipsis")
        yield Text("  ").join((title, took))
        steps = self._run.steps
        if not steps:
            return
        ended = sum(step.status in ENDED for step in steps)
        filled = _BAR_WIDTH * ended // len(steps)
        left = self._progress.left()
        yield Text.assemble(
            ("━" * filled, "green"),
            ("┄" * (_BAR_WIDTH - filled), "dim"),
            f"  {ended} of {len(steps)} steps",
            f" · {left.text()}" if left and self._run.status == "running" else "",
        )

    def _stages(self, details: int) -> Iterator[Text]:
        waiting: list[str] = []
        for stage in self._run.stages.values():
            if stage.status == "pending" and details < _ALL:
                waiting.append(stage.name)
                continue
            yield self._row(stage.status, stage.name, self._stage_time(stage), depth=0)
            if stage.status == "running" or self._failed(stage):
                yield from self._steps(stage, details)
        if waiting:
            yield Text(f"{SIGNS['pending']} {' · '.join(waiting)}", style=STYLES["pending"])

    def _failed(self, stage: StageState) -> bool:
        return any(step.status == "failed" for step in stage.steps.values())

    def _stage_time(self, stage: StageState) -> Text:
        if stage.status == "running":
            return Text(elapsed(self._progress.stage_elapsed(stage)), style="cyan")
        if stage.status in ("pending", "skipped"):
            return Text("" if stage.status == "pending" else "skipped", style="dim")
        if stage.status == "passed" and stage.steps and all(step.how != "ran" for step in stage.steps.values()):
            return Text(_unrun(list(stage.steps.values())), style="dim")
        word = "" if stage.status == "passed" else f" {stage.status}"
        return Text(f"{duration(self._progress.stage_elapsed(stage))}{word}", style=STYLES[stage.status])

    def _steps(self, stage: StageState, details: int) -> Iterator[Text]:
        steps = list(stage.steps.values())
        if stage.status != "running":
            steps = [step for step in steps if step.status == "failed"]
        shown = [step for step in steps if details > _LIVELY or step.status in ("running", "failed")]
        for step in shown:
            yield self._row(step.status, step.name, self._step_time(step), depth=1)
            note = self._note(step) if details > _BARE else None
            if note is not None:
                yield note
        if len(shown) < len(steps) and details > _BARE:
            yield Text(f"  {_folded([step for step in steps if step not in shown])}", style="dim")

    def _step_time(self, step: StepState) -> Text:
        if step.status == "running":
            usual = self._progress.estimates.get(step.id)
            time = Text(elapsed(self._progress.step_elapsed(step)), style="cyan")
            return time.append(f" of ~{about(usual)}", style="dim") if usual else time
        if step.status in ("pending", "skipped", "cancelled"):
            return Text("" if step.status == "pending" else step.status, style=STYLES[step.status])
        if step.how != "ran":
            return Text(_unrun([step]), style="dim")
        tried = f" at try {step.tries}" if step.tries > 1 else ""
        return Text(f"{duration(self._progress.step_elapsed(step))}{tried}", style=STYLES[step.status])

    def _note(self, step: StepState) -> Text | None:
        """Give the last line of what runs, or why it failed."""
        if step.status == "failed":
            return Text(f"    {one_line(step.cause)}", style="red") if step.cause else None
        if step.status != "running":
            return None
        last = self._progress.last_line(step.id).strip()
        again = _retrying(step)
        if again:
            return Text.assemble((f"    {again}", "yellow"), (f" · {last}" if last else "", "dim"))
        return Text(f"    {last}", style="dim") if last else None

    def _row(self, status: Status, name: str, time: Text, depth: int) -> Text:
        dim = status in ("pending", "skipped")
        label = Text(name, style="dim" if dim else "bold" if depth == 0 else "")
        label.truncate(self._names - 2 * depth, overflow="ellipsis", pad=True)
        return Text.assemble("  " * depth, (self._sign(status), STYLES[status]), " ", label, "  ", time)

    def _sign(self, status: Status) -> str:
        if status != "running":
            return SIGNS[status]
        return _SPINNER[int(self._progress.clock() * 5) % len(_SPINNER)]


def _unrun(steps: list[StepState]) -> str:
    """Say where the results of steps that did not run come from: `from run 41`."""
    runs = dict.fromkeys(step.reused_from for step in steps if step.how == "reused")
    return f"from run {', '.join(runs)}" if runs else "not needed"


def _retrying(step: StepState) -> str:
    """Say which try it is, and why there is another."""
    if not step.retries:
        return ""
    last = step.retries[-1]
    return f"try {last['tries'] + 1} of {last['of']}: {one_line(str(last.get('reason') or last.get('cause') or ''))}"


def _folded(steps: list[StepState]) -> str:
    """Count the steps that are not shown."""
    ended = sum(step.status in ENDED for step in steps)
    waiting = len(steps) - ended
    parts = (f"{ended} done" if ended else "", f"{waiting} to come" if waiting else "")
    return f"{SIGNS['pending']} {', '.join(part for part in parts if part)}"
