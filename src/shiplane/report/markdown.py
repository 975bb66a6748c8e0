"""The end of a run as Markdown: the summary of a job in GitHub Actions."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from shiplane.report.runs import tests_of
from shiplane.report.state import shown_as
from shiplane.report.summary import failures
from shiplane.report.tests_text import coverage_of, place
from shiplane.report.text import SIGNS, clean, duration, one_line, short_commit, short_digest, shortened
from shiplane.report.timeline import taken, timeline

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from shiplane.report.runs import Past
    from shiplane.report.state import RunState
    from shiplane.report.summary import Failure
    from shiplane.report.timeline import Bar, Timeline

# GitHub takes a mebibyte of each step of a workflow's job, in which several commands may add to the page.
LIMIT_BYTES = 500_000
_LONGEST_TEXT = 1000
_LONGEST_NAME = 200
_LEFT_OUT = "There is no room here for {:,} parts more, such as failures: `invoke report` shows all, from the journal."
_MOST_BARS = 60
_BAR_WIDTH = 48
_MOST_LINES = 30
_MOST_TESTS = 50
# What means something in the middle of a line; no text of others stands at the beginning of one.
_SPECIAL = re.compile(r"([\\`*_\[\]#|<>~@&$]|:(?=//))")
_REFERENCE = re.compile(r"\b(gh(?=-\d)|www(?=\.))", re.IGNORECASE)
_FENCE = re.compile(r"`{3,}")


def render_markdown(past: Past) -> str:
    """Write the summary: stages, failures, timeline, tests, release and environments."""
    run = past.run
    told = (failure_part(trimmed(failure)) for failure in failures(run))
    return _fitting(
        [
            (0, _head(past)),
            (0, stages_part(run)),
            *((1, part) for part in told),
            (2, _timeline(timeline(run))),
            (2, _tests(past)),
            (0, _release(run)),
            (0, _places(run)),
        ]
    )


def _fitting(parts: Iterable[tuple[int, str]]) -> str:
    """Join as many parts as GitHub takes, each whole; where there is no room for all, the lowest number counts."""
    told = [each for each in parts if each[1]]
    room, kept = LIMIT_BYTES - 2 * len(_LEFT_OUT), []
    for at, (_, part) in sorted(enumerate(told), key=lambda each: each[1][0]):
        size = len(part.encode()) + 2
        if size <= room:
            kept.append(at)
            room -= size
    left = [_LEFT_OUT.format(len(told) - len(kept))] if len(kept) < len(told) else []
    return "\n\n".join([*(told[at][1] for at in sorted(kept)), *left]) + "\n"


def escaped(text: str) -> str:
    """Write a text so that nothing of it is markup, a link, a mention or a reference.

    GitHub looks for the last two in what a reader sees, so that a backslash does not keep it from them.
    """
    told = _REFERENCE.sub("\\1\N{ZERO WIDTH SPACE}", one_line(text))
    return _SPECIAL.sub(r"\\\1", told).replace("\\@", "@\N{ZERO WIDTH SPACE}").replace("\\#", "#\N{ZERO WIDTH SPACE}")


def code(text: str) -> str:
    """Write a text in the typeface of machines, whatever backticks it holds."""
    told = one_line(text)
    longest = max((len(run) for run in re.findall("`+", told)), default=0)
    fence = "`" * (longest + 1)
    space = " " if "`" in told else ""
    return f"{fence}{space}{told}{space}{fence}" if told else ""


def code_cell(text: str) -> str:
    """Write the same for a cell of a table, where a bar would end it."""
    return code(text).replace("|", "\\|")


def block(lines: Iterable[str]) -> str:
    """Write lines as they are."""
    told = "\n".join(clean(line) for line in lines)
    fence = "`" * max([3, *(len(found) + 1 for found in _FENCE.findall(told))])
    return f"{fence}text\n{told}\n{fence}"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Write a table; the cells are Markdown already."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _head(past: Past) -> str:
    run = past.run
    title = f"## {SIGNS[run.status]} Run {escaped(past.name)}: {run.outcome} in {duration(taken(run))}"
    first, _, _ = run.message.partition("\n")
    about = [escaped(run.event), escaped(run.branch), code(short_commit(run.commit)), escaped(first or run.reason)]
    unrun = sum(step.how != "ran" for step in run.steps)
    about += [f"{unrun} of {len(run.steps)} steps did not have to run"] if unrun else []
    return f"{title}\n\n{' · '.join(part for part in about if part)}"


def stages_part(run: RunState) -> str:
    """Write the table of stages; empty where there are none."""
    if not run.stages:
        return ""
    rows = []
    for stage in run.stages.values():
        taken = "" if stage.seconds is None or stage.status == "skipped" else duration(stage.seconds)
        unrun = sum(step.how != "ran" for step in stage.steps.values())
        rows.append((f"{SIGNS[stage.status]} {stage.name}", stage.status, taken, f"{unrun} of {len(stage.steps)}"))
    return table(("stage", "result", "duration", "not run again"), rows)


def trimmed(failure: Failure) -> Failure:
    """Cut what has no end, and leave out all lines but the last."""
    return replace(
        failure,
        cause=shortened(failure.cause, _LONGEST_TEXT),
        fix=shortened(failure.fix, _LONGEST_TEXT),
        repeat=shortened(failure.repeat, _LONGEST_TEXT),
        details=failure.details[-_MOST_LINES:],
    )


def failure_part(failure: Failure) -> str:
    """Write what failed, why, its last lines, what to do and how to repeat it."""
    parts = [f"### {SIGNS[failure.status]} {escaped(failure.step or failure.stage)} {failure.status}"]
    parts.append(f"**cause:** {escaped(failure.cause)}")
    parts += ["\n".join(f"- {escaped(test)}" for test in failure.tests)] if failure.tests else []
    parts += [block(failure.details)] if failure.details else []
    parts += [f"**fix:** {escaped(failure.fix)}"] if failure.fix else []
    parts += [f"**repeat just this step:** {code(failure.repeat)}"] if failure.repeat else []
    return "\n\n".join(parts)


def _timeline(times: Timeline) -> str:
    bars = [bar for bar in times.bars if bar.step.how == "ran"]
    if not bars:
        return ""
    longest = sorted(bars, key=lambda bar: (not bar.critical, -bar.seconds))[:_MOST_BARS]
    shown = [bar for bar in bars if bar in longest]
    width = max(len(bar.step.id) for bar in shown)
    rows = [f"{bar.step.id:<{width}}  {_drawn(bar, times.seconds)}  {duration(bar.seconds):>12}" for bar in shown]
    left = f"\n{len(bars) - len(shown)} shorter steps are left out." if len(shown) < len(bars) else ""
    said = "█ on the critical path, ▒ beside it, X failed"
    return f"<details><summary>Timeline</summary>\n\n{block(rows)}\n\n{said}{left}\n\n</details>"


def _drawn(bar: Bar, seconds: float) -> str:
    start = min(int(_BAR_WIDTH * bar.start / seconds), _BAR_WIDTH - 1)
    length = max(round(_BAR_WIDTH * bar.seconds / seconds), 1)
    sign = "X" if shown_as(bar.step) == "failed" else "█" if bar.critical else "▒"
    return f"{' ' * start}{sign * min(length, _BAR_WIDTH - start)}".ljust(_BAR_WIDTH)


def _tests(past: Past) -> str:
    found = [(step, tests) for step in past.run.steps if (tests := tests_of(past, step))]
    if not found:
        return ""
    head = ("tests", "passed", "failed", "flaky", "skipped", "lines", "branches")
    rows = []
    for step, tests in found:
        origin = f" (run {escaped(step.reused_from)})" if step.how == "reused" else ""
        counts = [str(int(tests.get(kind) or 0)) for kind in head[1:5]]
        rows.append((f"{escaped(step.name)}{origin}", *counts, *(_share(*each) for each in coverage_of(tests))))
    told = [each for _, tests in found for each in tests.get("failures") or ()]
    lines = [_test(each) for each in told[:_MOST_TESTS]]
    more = [f"- and {len(told) - _MOST_TESTS} more"] if len(told) > _MOST_TESTS else []
    return "\n\n".join(part for part in ("### Tests", table(head, rows), "\n".join([*lines, *more])) if part)


def _share(_kind: str, covered: int, valid: int) -> str:
    return f"{100 * covered / valid:.1f} %" if valid else "-"


def _test(test: dict[str, Any]) -> str:
    name, where, message = (
        shortened(one_line(str(text or "")), _LONGEST_NAME)
        for text in (test.get("name"), place(test), test.get("message"))
    )
    said = f": {escaped(message)}" if message else ""
    return f"- {escaped(str(test.get('kind')))}: {escaped(name)} {code(where)}{said}"


def _release(run: RunState) -> str:
    parts = []
    for release in run.releases.values():
        rows = [
            (escaped(name), code_cell(short_digest(image["digest"])), code_cell(image["reference"]))
            for name, image in sorted(release["images"].items())
        ]
        dirty = ", made from uncommitted edits" if release.get("dirty") else ""
        parts.append(f"### Release {code(release['id'])}{dirty}\n\n{table(('image', 'digest', 'reference'), rows)}")
    return "\n\n".join(parts)


def _places(run: RunState) -> str:
    if not run.deployments:
        return ""
    rows = [
        (
            escaped(each["environment"]),
            "served already" if each.get("unchanged") else escaped(each.get("outcome", "")),
            code_cell(str(each.get("from_release") or "nothing")),
            code_cell(each["release"]),
            _address(str(each.get("url") or "")),
        )
        for each in run.deployments.values()
    ]
    return f"### Environments\n\n{table(('environment', 'outcome', 'before', 'release', 'address'), rows)}"


def _address(url: str) -> str:
    return f"<{url}>" if re.fullmatch(r"https?://[\w.:/-]+", url) else escaped(url)
