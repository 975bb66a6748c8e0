"""The texts of the pipeline's issues: whatever a log or a commit holds, nothing in them is markup or a mention."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from shiplane.report.issue_marks import comment_mark, failure_mark
from shiplane.report.markdown import code, code_cell, escaped, failure_part, stages_part, table, trimmed
from shiplane.report.text import one_line, short_commit, shortened

if TYPE_CHECKING:
    from collections.abc import Callable

    from shiplane.report.issue_marks import Key
    from shiplane.report.summary import Failure
    from shiplane.report.whole_run import WholeRun

LIMIT_BYTES = 60_000
"""GitHub takes 65,536 characters, of whatever size."""
_LONGEST_TITLE = 200
_LONGEST_TEXT = 1000


def title(key: Key) -> str:
    """Name a failure; what of it comes from people mentions nobody."""
    told = one_line(f"{key.step or key.stage} failed on {key.branch}")
    return shortened(told.replace("@", "@\N{ZERO WIDTH SPACE}"), _LONGEST_TITLE)


def opened(key: Key, failure: Failure, whole: WholeRun) -> str:
    """Write an issue about a failure."""
    ends = "Ends when `Fix issue #N`, with this issue's number, stands in the message of a commit on the main branch"
    parts = (_where(failure, whole), "### Stages", stages_part(whole.run), f"<sub>{ends} and its run is green.</sub>")
    return _fitting(failure, lambda told: [failure_mark(key, whole.id), *parts[:3], failure_part(told), parts[3]])


def again(failure: Failure, whole: WholeRun) -> str:
    """Write a comment that tells that it happened again."""
    head = [comment_mark("again", whole.id), f"**It failed again** in run {_run(whole)}.", _where(failure, whole)]
    return _fitting(failure, lambda told: [*head, failure_part(told)])


def green(whole: WholeRun, *, closing: bool) -> str:
    """Write a comment that tells that it passed."""
    after = " That closes this issue." if closing else ""
    told = f"It passed in run {_run(whole)} of {code(whole.run.branch)} at {_commit(whole)}.{after}"
    return _joined([comment_mark("green", whole.id), told])


def fixed(commit: str, message: str, whole: WholeRun) -> str:
    """Write a comment that names the commit that fixed it."""
    first = shortened(one_line(message.partition("\n")[0]), _LONGEST_TEXT)
    told = f"It is on {code(whole.run.branch)}, whose run {_run(whole)} is green."
    return _joined([comment_mark("fixed", commit), f"Fixed by {commit}: {escaped(first)}", told])


def double(first: int) -> str:
    """Write a comment that says that an issue was opened twice at once."""
    return _joined([comment_mark("double", str(first)), f"Two runs failed at once: see #{first}."])


def _where(failure: Failure, whole: WholeRun) -> str:
    run = whole.run
    first = shortened(one_line(run.message.partition("\n")[0]), _LONGEST_TEXT)
    rows = [
        ("stage", code_cell(failure.stage)),
        ("step", code_cell(failure.step) or "none of the pipeline's"),
        ("run", _run(whole)),
        ("event", escaped(run.event)),
        ("branch", code_cell(shortened(run.branch, _LONGEST_TEXT))),
        ("commit", f"{_commit(whole, code_cell)} {escaped(first)}"),
    ]
    return table(("failed", ""), rows)


def _run(whole: WholeRun) -> str:
    return f"[{escaped(whole.name)}]({whole.url})" if whole.url else escaped(whole.name)


def _commit(whole: WholeRun, written: Callable[[str], str] = code) -> str:
    # The whole hash becomes a link by itself.
    commit = whole.run.commit
    return commit if len(commit) == 40 and commit.isalnum() else written(short_commit(commit))  # noqa: PLR2004 - SHA-1


def _fitting(failure: Failure, write: Callable[[Failure], list[str]]) -> str:
    """Write a text that GitHub takes: lines of the log are left out whole, the oldest first."""
    told = trimmed(failure)
    text = _joined(write(told))
    while len(text.encode()) > LIMIT_BYTES and told.details:
        told = replace(told, details=told.details[1:])
        text = _joined(write(told))
    return text


def _joined(parts: list[str]) -> str:
    return "\n\n".join(part for part in parts if part) + "\n"
