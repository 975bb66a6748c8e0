from __future__ import annotations

import pytest

from shiplane.report.issue_moves import fixes


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
