"""A plan as a tree that people read before they agree to it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from shiplane.report.text import about, columns, limit, short_commit

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from rich.text import Text

    from shiplane.model import Command, Plan, Stage, Step

_WIDTH = 100
_DECISIONS = {"run": ("", "runs"), "reuse": ("green", "reused"), "skip": ("dim", "left out"), "ask": ("", "asks first")}
_QUOTES = "'\""


def render_plan(plan: Plan, width: int = _WIDTH) -> str:
    """Write the plan as plain text; commands are masked, and broken between arguments beyond `width`."""
    return "\n".join(text for _, text in _lines(plan, width))


def render_survey(found: Mapping[str, Any]) -> str:
    """Write what engine, registry and servers said of what a plan leaves to them (`invoke plan --survey`)."""
    lines = []
    for asked, said in found.items():
        lines += ["", asked]
        if isinstance(said, dict):
            lines.append(f"  cannot be asked now: {said['cause']} ({said['fix']})")
        elif said:
            lines += columns([tuple(value or "not there" for value in row.values()) for row in said], indent="  ")
        else:
            lines.append("  has nothing to say")
    return "\n".join(lines)


def style_plan(plan: Plan, width: int = _WIDTH) -> Text:
    """Make the same text for a rich console."""
    from rich.text import Text  # noqa: PLC0415 - only a terminal pays for rich

    return Text("\n").join(Text(text, style=style) for style, text in _lines(plan, width))


def _lines(plan: Plan, width: int) -> Iterator[tuple[str, str]]:
    event = plan.event
    yield "bold", f"{event.name} on {event.branch} at {short_commit(event.commit)}, target {plan.target}"
    if plan.release:
        yield "", f"release {plan.release}"
    for note in plan.notes:
        yield "yellow", f"note: {note}"
    if not plan.stages:
        yield "", f"nothing to do: {plan.reason or 'the plan has no stages'}"
    for stage in plan.stages:
        yield "", ""
        yield "bold cyan", f"{stage.name} · {_time(plan, stage)}"
        for step in stage.steps:
            yield from _step(step, width)


def _time(plan: Plan, stage: Stage) -> str:
    sharing = [other.name for other in plan.stages if other.clock == stage.clock and other is not stage]
    shared = f", one clock with {' and '.join(sharing)}" if sharing else ""
    return f"at most {limit(stage.timeout_seconds)}{shared}"


def _step(step: Step, width: int) -> Iterator[tuple[str, str]]:
    title = f"  {step.title}" if step.title else ""
    host = "" if step.host == "local" else f"  (on {step.host})"
    yield "", f"  {step.id}{title}{host}"
    yield from _decision(step)
    if step.decision.choice in ("reuse", "skip"):
        return
    if told := _limits(step):
        yield "dim", f"    {told}"
    if step.needs:
        yield from (("dim", line) for line in _wrapped(f"needs {', '.join(step.needs)}", width, "    ", "      ", ""))
    for command in step.commands:
        yield from _command(command, width, "")
    for line in _built(step):
        yield from (("dim", part) for part in _wrapped(line, width, "    ", "      ", ""))
    for command in step.undo:
        yield from _command(command, width, "undo: ")


def _built(step: Step) -> Iterator[str]:
    """Say what a step builds, by the definition that bake gets."""
    if not step.definition:
        return
    targets: Mapping[str, Mapping[str, Any]] = json.loads(step.definition)["target"]
    for _, target in sorted(targets.items()):
        stage = f", target {target['target']}" if "target" in target else ""
        platforms = f", for {' and '.join(target['platforms'])}" if "platforms" in target else ""
        yield f"builds {' '.join(target['tags'])} from {target['context']}{stage}{platforms}"


def _limits(step: Step) -> str:
    """Say how long a try may take and how many there are, where the configuration says so."""
    time = f"at most {limit(step.timeout_seconds)} a try" if step.timeout_seconds else ""
    retry = step.retry
    tries = f"up to {retry.tries} tries from {retry.wait_seconds:g} s apart: {retry.reason}" if retry else ""
    return ", ".join(filter(None, (time, tries)))


def _decision(step: Step) -> Iterator[tuple[str, str]]:
    """Say what becomes of a step and why, and how long it took before; a step that simply runs says nothing."""
    decision = step.decision
    style, word = _DECISIONS[decision.choice]
    usual = f", took {about(step.estimate_seconds)} before" if step.estimate_seconds else ""
    if decision.why or usual:
        yield style, f"    {word}{f': {decision.why}' if decision.why else ''}{usual}"


def _command(command: Command, width: int, label: str) -> Iterator[tuple[str, str]]:
    prompt = "$" if command.host == "local" else f"{command.host}$"
    first = f"    {label}{prompt} "
    for line in command.masked().splitlines() or [""]:
        yield from (("yellow" if label else "dim", part) for part in _wrapped(line, width, first, "        ", " \\"))
        first = "        "


def _wrapped(text: str, width: int, first: str, indent: str, mark: str) -> Iterator[str]:
    """Break a line between its words, never inside quotes; `mark` ends a line that goes on."""
    line = first
    fresh = True
    for word in _words(text):
        if not fresh and len(line) + 1 + len(word) + len(mark) > width:
            yield line + mark
            line, fresh = indent, True
        line, fresh = f"{line}{'' if fresh else ' '}{word}", False
    yield line.rstrip()


def _words(text: str) -> Iterator[str]:
    """Split a rendered command where its shell would, quotes kept."""
    word, quote = "", ""
    for character in text:
        if character == " " and not quote:
            yield word
            word = ""
            continue
        if character in _QUOTES and quote in ("", character):
            quote = "" if quote else character
        word += character
    yield word
