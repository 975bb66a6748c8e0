"""Each step as it was planned beside how it went, with its log folded."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

from shiplane.report.log_excerpt import read_excerpt, size_text
from shiplane.report.page.markup import Markup, code, facts, icon, joined, log_box, stage_title, tag, text
from shiplane.report.repeat import repeat_command
from shiplane.report.state import shown_as
from shiplane.report.tests_text import counts_text
from shiplane.report.text import about, duration, limit, one_line

if TYPE_CHECKING:
    from collections.abc import Iterator

    from shiplane.report.runs import Past
    from shiplane.report.state import StageState, StepState
    from shiplane.report.timeline import Timeline

# A browser stays quick with so much text; what a log has beyond its share is in its file.
_ALL_LOGS_BYTES = 6_000_000
_LOG_BYTES = 24_000
_FAILED_LOG_BYTES = 200_000
_HEAD_SHARE = 4
# How far from its estimate a step must end to be worth a word.
_NOTABLE_SHARE = 0.25
_NOTABLE_SECONDS = 3.0


def steps_part(past: Past, times: Timeline) -> Iterator[str]:
    """Give the steps, stage by stage; the pieces are as long as one step."""
    if not past.run.stages:
        return
    critical = {bar.step.id for bar in times.critical}
    share = min(_LOG_BYTES, _ALL_LOGS_BYTES // max(len(past.run.steps), 1))
    yield f'<section><h2>Steps</h2><div class="card steps">{_HEAD}'
    for stage in past.run.stages.values():
        yield _stage(stage)
        for step in stage.steps.values():
            yield _step(past, step, share, critical=step.id in critical)
    yield "</div></section>"


_HEAD = tag(
    "div",
    *(tag("span", word) for word in ("Step", "Planned", "What happened", "Estimate", "Took")),
    class_="columns",
    aria_hidden="true",
)


def _stage(stage: StageState) -> Markup:
    took = "" if stage.seconds is None or stage.status == "skipped" else f" in {duration(stage.seconds)}"
    bound = f"at most {limit(stage.timeout_seconds)}" if stage.timeout_seconds else ""
    said = " · ".join(part for part in (f"{stage.status}{took}", bound) if part)
    return tag("h3", stage_title(stage.name), tag("span", said, class_="soft"))


def _step(past: Past, step: StepState, log_bytes: int, *, critical: bool) -> Markup:
    failed = step.status == "failed"
    name = tag("span", icon(shown_as(step)), tag("b", step.id), tag("span", step.title, class_="soft"), class_="what")
    took = duration(step.seconds) if step.seconds is not None and step.how == "ran" and step.status != "skipped" else ""
    summary = tag(
        "summary",
        name,
        tag("span", planned_text(step), class_="planned"),
        tag("span", happened_text(step), class_="happened", data_status=shown_as(step)),
        tag("span", f"~{about(step.estimate_seconds)}" if step.estimate_seconds else "", class_="number estimate"),
        tag("span", took, _beside(step), class_="number took"),
    )
    body = joined((_facts(past, step), _retries(step), _log(past, step, _FAILED_LOG_BYTES if failed else log_bytes)))
    # Within the fold, so that a link to it opens it.
    inner = tag("div", body, id=f"step-{step.id}")
    return tag("details", summary, inner, data_critical=critical, class_="step")


def planned_text(step: StepState) -> str:
    """Say what was decided of a step, and why."""
    decision = step.decision
    why = one_line(str(decision.get("why") or ""))
    word = {"reuse": f"reuse run {decision.get('run', '')}", "skip": "leave out", "ask": "ask"}.get(
        str(decision.get("choice")), "run"
    )
    return f"{word}: {why}" if why else word


def happened_text(step: StepState) -> str:
    """Say how a step went."""
    if step.status == "passed" and step.how != "ran":
        return f"reused from run {step.reused_from}" if step.how == "reused" else "not needed"
    cause = one_line(step.cause)
    tried = f" at try {step.tries}" if step.tries > 1 else ""
    return f"{step.status}{tried}{f': {cause}' if cause else ''}"


def _beside(step: StepState) -> Markup | None:
    """Mark a step that took much longer or shorter than was estimated."""
    if not step.estimate_seconds or step.seconds is None or step.how != "ran" or step.status != "passed":
        return None
    off = step.seconds - step.estimate_seconds
    if abs(off) < max(_NOTABLE_SECONDS, _NOTABLE_SHARE * step.estimate_seconds):
        return None
    return tag("span", f"{off:+.0f} s", class_="off", data_slower=off > 0)


def _facts(past: Past, step: StepState) -> Markup:
    commands = [code(command, class_="command") for command in step.commands]
    again = repeat_command(step, past.run) if step.status == "failed" else ""
    return facts(
        ("Cause", one_line(step.cause)),
        ("Fix", one_line(step.fix)),
        ("Where", step.host if step.host != "local" else None),
        ("Needs", ", ".join(step.needs)),
        ("Exit code", str(step.exit_code) if step.exit_code else None),
        ("Tests", counts_text(step.tests)),
        ("Commands", tag("span", *commands) if commands else None),
        ("Repeat", code(again) if again and again not in step.commands else None),
    )


def _retries(step: StepState) -> Markup | None:
    if not step.retries:
        return None
    told = [
        tag(
            "li",
            f"try {each['tries']} of {each['of']} failed: {one_line(str(each.get('cause') or ''))}"
            f" · tried again because {one_line(str(each.get('reason') or ''))}",
        )
        for each in step.retries
    ]
    return tag("ul", *told, class_="names")


def _log(past: Past, step: StepState, most: int) -> Markup | None:
    file = past.folder / "logs" / f"{step.id}.log"
    head = most // _HEAD_SHARE
    found = read_excerpt(file, head, most - head)
    if not found.head:
        return None
    whole = tag("a", f"whole log, {size_text(file.stat().st_size)}", href=f"logs/{quote(file.name)}")
    gap = tag("span", f"… {size_text(found.left_out)} left out …", class_="gap") if found.left_out else None
    lines = joined((text("\n".join(found.head)), gap and joined(("\n", gap, "\n")), text("\n".join(found.tail))))
    return joined((log_box(lines), tag("p", whole, class_="soft")))
