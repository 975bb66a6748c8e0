from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

import journals
from samples import OTHER
from shiplane.report.issue_marks import Key, failure_mark
from shiplane.report.issue_moves import fixes, on_green
from shiplane.report.state import fold
from shiplane.report.whole_run import WholeRun

if TYPE_CHECKING:
    from journals import Story

KEYS = [
    Key("test", "test.backend", "main"),
    Key("test", "", "main"),
    Key("staging", "staging.deploy", "main"),
    Key("production", "production.promote", "main"),
    Key("production", "production.deploy", "main"),
    Key("production", "production.rollback", "main"),
    Key("pipeline", "", "main"),
    Key("report", "", "main"),
    Key("rollback", "", "main"),
    Key("test", "test.backend", "feature/x"),
]


def green(story: Story, **jobs: str) -> list[str]:
    """Name the issues that a run says it was green on, by step or else by stage."""
    author: dict[str, Any] = {"author_association": "NONE", "user": {"type": "Bot"}}
    issues = [{"number": at, "body": failure_mark(key, "a.1"), **author} for at, key in enumerate(KEYS)]
    whole = WholeRun("44", "b.1", fold(story.records), jobs=jobs)
    found = on_green(whole, issues, lambda _number: [], close=False)
    return [KEYS[each.issue].step or KEYS[each.issue].stage for each in found]


def by_hand(*steps: str) -> Story:
    """Tell a run that put an older release somewhere."""
    story = journals.Story(44)
    story.steps = {name: story.steps["production.promote"] | {"id": name} for name in steps}
    story.starts = dict.fromkeys(steps, 1.0)
    story.ends = {name: {"seconds": 1.0} for name in steps}
    return story


def test_only_what_a_run_passed_is_green() -> None:
    passed = ["test.backend", "test", "staging.deploy", "production.promote", "pipeline"]
    assert green(journals.passed(44)) == passed
    assert green(journals.passed(44), report="success") == [*passed, "report"]


def test_what_was_left_out_is_not_green_but_what_was_proven_before_is() -> None:
    story = journals.passed(44)
    story.end("staging.deploy", how="not needed")
    story.end("production.promote", status="skipped")
    story.reuse("test.backend")
    assert green(story) == ["test.backend", "test", "pipeline"]


def test_an_older_release_says_nothing_of_the_branch() -> None:
    story = by_hand("staging.deploy", "e2e.tests", "production.promote")
    story.deployed(1.0, "staging", release=OTHER[:12], commit=OTHER)
    assert green(story, staging="success", production="success") == []


def test_the_way_back_proves_itself_alone() -> None:
    story = by_hand("production.rollback", "production.verify")
    story.deployed(1.0, "production", release=OTHER[:12], commit=OTHER, action="rollback")
    assert green(story, rollback="success") == ["production.rollback", "rollback"]


@pytest.mark.parametrize(
    ("message", "issues"),
    [
        ("Fix issue #3", (3,)),
        ("fix ISSUE #3: mend the probe\n\nAnd fixes issue #12.", (3, 12)),
        ("Fixed issues #3, #4 and #5", (3, 4, 5)),
        ("Fix issues #3 & #4, and #5; see #6", (3, 4, 5)),
        ("Fix issue #3 and fix issue #3", (3,)),
        ("Squash (#9)\n\n* Fix issue #3\n* Tidy up", (3,)),
        ("Fix issue\n#3", (3,)),
        ("Fix #3", ()),
        ("Prefix issue #3", ()),
        ("Fix issue 3", ()),
        ("Fix issue #3rd", ()),
        ("Fix issue acme/app#3", ()),
        ("We should fix the issue #3", ()),
        ('Revert "Fix issue #3"\n\nThis reverts commit 0123.', ()),
        ("", ()),
    ],
)
def test_what_a_message_fixes(message: str, issues: tuple[int, ...]) -> None:
    assert fixes(message) == issues
