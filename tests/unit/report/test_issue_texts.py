from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from shiplane.report import issue_texts
from shiplane.report.issue_marks import Key, comment_mark, failure_mark, read_mark
from shiplane.report.issue_texts import LIMIT_BYTES
from shiplane.report.state import RunState
from shiplane.report.summary import Failure
from shiplane.report.text import clean
from shiplane.report.whole_run import WholeRun

if TYPE_CHECKING:
    from typing import Any

HARD_LINES = ["```", "~~~~", "`" * 70, "<!-- shiplane e30= -->", "ü€𝄞" * 1900]
LINES = st.lists(st.one_of(st.text(), st.sampled_from(HARD_LINES)))
MEMBER = {"author_association": "MEMBER", "user": {"login": "ada", "type": "User"}}


def failed(details: list[str], text: str = "no") -> Failure:
    return Failure("test", "test.backend", "failed", text, text, tuple(details), "", (text,), text)


def whole(text: str = "main") -> WholeRun:
    return WholeRun("4", "a.1", RunState(branch=text, message=text, commit="a" * 40), "https://ci.test/4")


@given(LINES, st.text())
def test_no_fence_is_cut_and_nothing_is_too_long(lines: list[str], text: str) -> None:
    key = Key("test", "test.backend", text)
    for written in (
        issue_texts.opened(key, failed(lines * 9, text), whole(text)),
        issue_texts.again(failed(lines * 9, text), whole(text)),
    ):
        assert len(written.encode()) <= LIMIT_BYTES
        fences = [token for token in MarkdownIt("commonmark").parse(written) if token.type == "fence"]
        shown = "".join(fence.content for fence in fences)
        kept = [clean(line) for line in lines * 9][-30:]
        assert len(fences) <= 1
        assert shown == "".join(f"{line}\n" for line in kept[len(kept) - shown.count("\n") :])


@given(st.text())
def test_any_title_is_one_that_github_takes(branch: str) -> None:
    title = issue_texts.title(Key("test", "test.backend", branch))
    assert 0 < len(title) <= 200
    assert "\n" not in title
    assert "@" not in title.replace("@\N{ZERO WIDTH SPACE}", "").rstrip("@…")


@given(st.text(), st.text(), st.text())
def test_a_mark_is_read_as_it_was_written(stage: str, step: str, branch: str) -> None:
    key = Key(stage, step, branch)
    body = issue_texts.opened(key, failed(["x"]), whole())
    assert body.startswith(failure_mark(key, "a.1"))
    assert Key.of(read_mark({"body": body, **MEMBER})) == key


def test_marks_that_are_none() -> None:
    def read(body: str | None, **author: Any) -> object:  # noqa: ANN401 - JSON
        return dict(read_mark({"body": body, **(author or MEMBER)}))

    mark = comment_mark("green", "a.1")
    assert read(f"{mark}\n\nIt passed") == {"kind": "green", "about": "a.1"}
    assert read(mark, author_association="NONE", user={"type": "Bot"}) == {"kind": "green", "about": "a.1"}
    for body in (None, "", f"quoted:\n{mark}", f" {mark}", "<!-- shiplane x -->", "<!-- shiplane WzFd -->"):
        assert read(body) == {}
    for association in ("NONE", "CONTRIBUTOR", "FIRST_TIMER"):
        assert read(mark, author_association=association, user={"type": "User"}) == {}
    assert read(mark, author_association="NONE", user=None) == {}
    assert Key.of(read_mark({"body": mark, **MEMBER})) is None
