"""GitHub's limits, refusals and lost answers, and two who report at once."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest

import journals
from hub.github import LOST, REPOSITORY, TOKEN, Reply
from shiplane.errors import GithubLimited, GithubRefused, Unreachable
from shiplane.model import Secret
from shiplane.pipeline import github_api
from shiplane.pipeline.github_api import GithubApi, Repository
from shiplane.report.issue_marks import Key, failure_mark, read_mark
from shiplane.report.issue_moves import Comment, Open, on_failure
from shiplane.report.runs import load
from shiplane.report.tracker import Tracker
from shiplane.report.whole_run import WholeRun, merged
from shiplane.runners.http import HttpRunner

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from hub import Hub
    from journals import Story
    from shiplane.report.tracker import Done

KEY = Key("test", "test.backend", "main")
LIMITED = {"message": "You have exceeded a secondary rate limit. Please wait.", "documentation_url": "https://x.test"}


def whole(story: Story, folder: Path) -> WholeRun:
    run = merged([load(story.write(folder)).run])
    return WholeRun(str(story.number), f"{run.id}.1", run)


def tracker(hub: Hub, sleeps: list[float] | None = None, clock: Callable[[], float] = lambda: 1000.0) -> Tracker:
    place = Repository(REPOSITORY, Secret("GITHUB_TOKEN", TOKEN), hub.url)
    waited = [] if sleeps is None else sleeps
    return Tracker(GithubApi(HttpRunner(), place, sleep=waited.append, clock=clock))


OPEN = Open(KEY, "test.backend failed on main", f"{failure_mark(KEY, 'a.1')}\n", "again\n")


def test_two_failing_runs_at_once_leave_one_issue_open(hub: Hub, tmp_path: Path) -> None:
    """Both look, and find none, before either opens one."""
    both = threading.Barrier(2)

    def hold(method: str, path: str) -> None:
        if method == "POST" and path.endswith("/issues"):
            both.wait(10)

    hub.before = hold
    done: list[Done] = []

    def report(number: int) -> None:
        [move] = on_failure(whole(journals.failing(number), tmp_path), tracker(hub).issues(), lambda _number: [])
        done.extend(tracker(hub).carry_out(move))

    threads = [threading.Thread(target=report, args=(number,)) for number in (43, 44)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert hub.open_issues == [1]
    assert (hub.issues[1]["state"], hub.issues[1]["state_reason"]) == ("closed", "duplicate")
    assert [read_mark(each)["kind"] for each in hub.comments[1]] == ["again"]
    assert "Two runs failed at once: see #1." in hub.comments[2][0]["body"]
    assert sorted(each.action for each in done) == ["commented", "opened"]


@pytest.mark.parametrize(
    ("reply", "seconds"),
    [
        (Reply(403, LIMITED, {"Retry-After": "7"}), 7.0),
        (Reply(429, {"message": "too many"}, {"Retry-After": "3"}), 3.0),
        (
            Reply(
                403, {"message": "API rate limit exceeded"}, {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "1042"}
            ),
            42.0,
        ),
        (Reply(403, LIMITED), 60.0),
        (Reply(429, {"message": "too many"}), 60.0),
    ],
)
@pytest.mark.parametrize("at", [0, 1, 2], ids=["list", "open", "list again"])
def test_limits_are_waited_for(hub: Hub, reply: Reply, seconds: float, at: int) -> None:
    sleeps: list[float] = []
    hub.replies.extend([*[None] * at, reply])
    keeper = tracker(hub, sleeps)
    assert keeper.issues() == []
    assert [done.action for done in keeper.carry_out(OPEN)] == ["opened"]
    assert sleeps == [seconds]
    assert hub.open_issues == [1]


def test_limits_that_last_too_long(hub: Hub) -> None:
    sleeps: list[float] = []
    hub.replies.extend([Reply(403, LIMITED), Reply(403, LIMITED), Reply(403, LIMITED)])
    with pytest.raises(GithubLimited, match="used up for another 4 min"):
        tracker(hub, sleeps).issues()
    assert sleeps == [60.0, 120.0]
    hub.replies.clear()
    hub.replies.append(Reply(403, {"message": "x"}, {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "4600"}))
    with pytest.raises(GithubLimited, match="used up for another 60 min"):
        tracker(hub).carry_out(OPEN)
    assert hub.issues == []


@pytest.mark.parametrize("status", [500, 502, 503])
def test_a_github_that_is_broken_for_a_moment(hub: Hub, status: int) -> None:
    sleeps: list[float] = []
    hub.replies.extend([Reply(status), None, Reply(status), None, None, Reply(status)])
    keeper = tracker(hub, sleeps)
    assert keeper.issues() == []
    assert [done.action for done in keeper.carry_out(OPEN)] == ["opened"]
    assert hub.open_issues == [1]
    assert sleeps == [2.0, 2.0, 2.0]


def test_a_github_that_stays_broken(hub: Hub) -> None:
    hub.replies.extend([Reply(500)] * 9)
    with pytest.raises(Unreachable, match="GitHub answers with 500"):
        tracker(hub).issues()
    assert len(hub.asked) == 4


def test_an_issue_whose_answer_is_lost_is_opened_once(hub: Hub) -> None:
    hub.replies.append(LOST)
    assert [done.action for done in tracker(hub).carry_out(OPEN)] == ["opened"]
    assert len(hub.issues) == 1


def test_a_comment_whose_answer_is_lost_is_written_once(hub: Hub) -> None:
    hub.open("a", failure_mark(KEY, "a.1"), ["bug"])
    hub.replies.append(LOST)
    body = failure_mark(KEY, "b.1")
    assert [done.action for done in tracker(hub).carry_out(Comment(1, body))] == ["commented"]
    assert len(hub.comments[1]) == 1


def test_a_github_that_does_not_answer_in_time(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first request hangs for longer than we wait, the second is answered."""
    monkeypatch.setattr(github_api, "REQUEST_SECONDS", 0.2)
    gone, slow = threading.Event(), [True]

    def hold(_method: str, _path: str) -> None:
        if slow:
            slow.clear()
            gone.wait(1.0)

    hub.before = hold
    try:
        assert tracker(hub).issues() == []
    finally:
        gone.set()
    monkeypatch.setattr(github_api, "REQUEST_SECONDS", 10.0)


@pytest.mark.parametrize(
    ("reply", "told"),
    [
        (Reply(410, {"message": "Issues are disabled for this repo"}), "410 Issues are disabled for this repo"),
        (
            Reply(
                422,
                {
                    "message": "Validation Failed",
                    "errors": [{"field": "title", "code": "missing"}],
                    "documentation_url": "x",
                },
            ),
            "422 Validation Failed; title missing",
        ),
    ],
)
def test_an_issue_that_cannot_be_opened(hub: Hub, reply: Reply, told: str) -> None:
    hub.replies.append(reply)
    with pytest.raises(GithubRefused, match=told):
        tracker(hub).carry_out(OPEN)
    assert len(hub.asked) == 1


def test_a_next_page_elsewhere_gets_no_token(hub: Hub) -> None:
    hub.replies.append(Reply(200, [], {"Link": '<https://evil.test/x>; rel="next"'}))
    with pytest.raises(GithubRefused, match="its next page is elsewhere"):
        tracker(hub).issues()
