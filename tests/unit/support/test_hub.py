"""The played GitHub answers as GitHub does: what its description does not allow is found."""

from __future__ import annotations

import pytest

from hub.description import NotDescribedError, operation

ISSUES = "/repos/acme/app/issues"


@pytest.mark.parametrize("status", [401, 403, 404, 429])
def test_a_refusal_is_a_message(status: int) -> None:
    list_comments = operation("GET", f"{ISSUES}/1/comments")
    list_comments.check_answer(status, {"message": "no", "documentation_url": "https://docs.test"})
    for body in (None, [], "no", {"message": ["no"]}):
        with pytest.raises(NotDescribedError, match=f"answer {status}"):
            list_comments.check_answer(status, body)


@pytest.mark.parametrize("status", [500, 502, 503])
def test_what_is_broken_may_be_silent(status: int) -> None:
    make = operation("POST", ISSUES)
    for body in (None, {"message": "no"}):
        make.check_answer(status, body)
    with pytest.raises(NotDescribedError):
        make.check_answer(status, ["no"])


@pytest.mark.parametrize(("status", "body"), [(418, None), (200, {"message": "no"}), (301, ["no"])])
def test_other_answers_are_those_described(status: int, body: object) -> None:
    with pytest.raises(NotDescribedError):
        operation("GET", ISSUES).check_answer(status, body)
