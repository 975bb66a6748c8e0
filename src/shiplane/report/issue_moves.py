"""What a run means for the pipeline's issues, decided from what is there: a value that can be shown or carried out."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from shiplane.report import issue_texts
from shiplane.report.issue_marks import Key, read_mark

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from shiplane.report.state import StepState
    from shiplane.report.summary import Failure
    from shiplane.report.whole_run import WholeRun

    Item = Mapping[str, Any]
    CommentsOf = Callable[[int], Sequence[Item]]

_FIXES = re.compile(
    r"\bfix(?:es|ed)?\s+issues?\s+#\d+\b(?:(?:\s*,\s*(?:and\s+)?|\s+and\s+|\s*&\s*)#\d+\b)*", re.IGNORECASE
)
_WAY_BACK = "rollback"
_REVERT = re.compile(r'\s*revert "', re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Open:
    """Open an issue about something that has none."""

    key: Key
    title: str
    body: str
    comment: str
    """What to say instead where another run has just opened one."""


@dataclass(frozen=True, slots=True)
class Comment:
    """Say something on an issue, and with a `close` of GitHub's reasons close it."""

    issue: int
    body: str
    close: str = ""


Move = Open | Comment


@dataclass(frozen=True, slots=True)
class Commit:
    """Hold a commit's hash and whole message."""

    hash: str
    message: str


def key_of(failure: Failure, whole: WholeRun) -> Key:
    """Give what a failure is known by."""
    return Key(failure.stage, failure.step, whole.run.branch)


def on_failure(whole: WholeRun, issues: Sequence[Item], comments_of: CommentsOf) -> Iterator[Move]:
    """Decide for each failure: open an issue, or say on the open one that it happened again; once a run."""
    for failure in whole.failures():
        key = key_of(failure, whole)
        known = about(key, issues)
        if not known:
            text = issue_texts.again(failure, whole)
            yield Open(key, issue_texts.title(key), issue_texts.opened(key, failure, whole), text)
            continue
        first, *doubles = known
        yield from (Comment(each["number"], issue_texts.double(first["number"]), "duplicate") for each in doubles)
        told = read_mark(first).get("run") == whole.id
        if not told and not _said(comments_of(first["number"]), "again", whole.id):
            yield Comment(first["number"], issue_texts.again(failure, whole))


def on_green(whole: WholeRun, issues: Sequence[Item], comments_of: CommentsOf, *, close: bool) -> Iterator[Comment]:
    """Decide what a green run says on issues of its branch whose step it passed; the first to be green alone."""
    for issue in issues:
        key = Key.of(read_mark(issue))
        if key is None or key.branch != whole.run.branch or not _proves(whole, key):
            continue
        said = [str(read_mark(comment).get("kind")) for comment in comments_of(issue["number"])]
        last = next((kind for kind in reversed(said) if kind in ("again", "green")), "")
        if close or last != "green":
            yield Comment(issue["number"], issue_texts.green(whole, closing=close), "completed" if close else "")


def _proves(whole: WholeRun, key: Key) -> bool:
    """Tell whether a green run passed what failed: the step itself, and where none was reached the stage or the job.

    What puts another release on an environment than its commit's says of the branch that the way back works, no more.
    """
    if whole.ships_another and _WAY_BACK not in (key.stage, key.step.rpartition(".")[2]):
        return False
    if key.step:
        return any(step.id == key.step and step.status == "passed" and _proven(step) for step in whole.run.steps)
    passed = {stage.name for stage in whole.run.stages.values() if stage.status == "passed"}
    return key.stage in {*passed, *(job for job, result in whole.jobs.items() if result == "success"), "pipeline"}


def _proven(step: StepState) -> bool:
    return step.how != "not needed" or bool(step.reused_from)


def on_fixes(
    whole: WholeRun, commits: Iterable[Commit], issues: Sequence[Item], comments_of: CommentsOf
) -> Iterator[Comment]:
    """Decide which issues commits close, each once: an issue that was opened again needs another commit."""
    ours = {issue["number"] for issue in issues}
    fixing: dict[int, list[Commit]] = {}
    for commit in commits:
        for number in fixes(commit.message):
            fixing.setdefault(number, []).append(commit)
    for number in sorted(ours & fixing.keys()):
        comments = comments_of(number)
        new = [commit for commit in fixing[number] if not _said(comments, "fixed", commit.hash)]
        if new:
            yield Comment(number, issue_texts.fixed(new[0].hash, new[0].message, whole), "completed")


def fixes(message: str) -> tuple[int, ...]:
    """Read which issues a message fixes: `Fix issue #3`, `fixes issues #3, #4 and #5`; a revert fixes none."""
    if _REVERT.match(message):
        return ()
    found = (int(number) for part in _FIXES.findall(message) for number in re.findall(r"#(\d+)", part))
    return tuple(dict.fromkeys(found))


def about(key: Key, issues: Iterable[Item]) -> list[Item]:
    """Give the issues about one failure, oldest first."""
    return sorted((issue for issue in issues if Key.of(read_mark(issue)) == key), key=lambda issue: issue["number"])


def _said(comments: Iterable[Item], kind: str, what: str) -> bool:
    return any((mark.get("kind"), mark.get("about")) == (kind, what) for mark in map(read_mark, comments))


def to_json(move: Move) -> dict[str, Any]:
    """Give a move for machines, and for those who look at it before it is made."""
    if isinstance(move, Open):
        return {"action": "open", "subject": move.title, "issue": None, "body": move.body}
    action = "close" if move.close else "comment on"
    return {"action": action, "subject": f"#{move.issue}", "issue": move.issue, "body": move.body}
