from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from shiplane.deploy.audit import Deed, audit, history
from shiplane.deploy.survey import Entry, parse
from shiplane.errors import Unreachable
from shiplane.model import Deployment
from shiplane.runners.recording import RecordingRunner

if TYPE_CHECKING:
    from shiplane.model import Site

DEED = Deed("exec", "2026-01-01T00:09:00.000Z", "ada@laptop", "by hand", "psql in db")


def line(release: str, minute: int, outcome: str = "deployed", action: str = "deploy") -> str:
    started, finished = (f"2026-01-01T00:{minute:02d}:{second:02d}.000Z" for second in (0, 34))
    made = Deployment(f"d{minute}", "staging", "u", release, f"c-{release}", "r7", action, outcome, started, finished)
    return json.dumps(Entry(made, "me@here", {}).to_json())


def test_history_tells_what_served_before() -> None:
    lines = [line("one", 1), line("two", 2), line("bad", 3, "undone"), line("one", 4, action="rollback")]
    told = history(lines)
    assert [(each["from_release"], each["release"], each["action"], each["outcome"]) for each in told] == [
        ("two", "one", "rollback", "deployed"),
        ("two", "bad", "deploy", "undone"),
        ("one", "two", "deploy", "deployed"),
        (None, "one", "deploy", "deployed"),
    ]
    assert told[0] == {
        "at": "2026-01-01T00:04:00.000Z",
        "who": "me@here",
        "run": "r7",
        "action": "rollback",
        "outcome": "deployed",
        "seconds": 34.0,
        "from_release": "two",
        "from_commit": "c-two",
        "release": "one",
        "commit": "c-one",
        "detail": "",
    }


def test_of_a_deployment_the_last_word_counts() -> None:
    """A record whose answer was lost: the deploy was undone after it, or recorded once more."""
    lines = [line("one", 1), line("two", 2), line("three", 3), line("two", 2, "undone"), line("three", 3)]
    told = history(lines)
    assert [(each["from_release"], each["release"], each["outcome"]) for each in told] == [
        ("one", "three", "deployed"),
        ("one", "two", "undone"),
        (None, "one", "deployed"),
    ]
    entries = parse(f"audit\t{each}" for each in lines).entries
    assert [(each.deployment.release, each.served) for each in entries] == [
        ("one", True),
        ("two", False),
        ("three", True),
    ]


def test_what_puts_no_release_there_is_told_with_the_release_that_served() -> None:
    told = history([line("one", 1), DEED.line()])[0]
    assert (told["action"], told["release"], told["commit"], told["detail"]) == ("exec", "one", "c-one", "psql in db")
    assert (told["outcome"], told["seconds"]) == ("", None)


@pytest.mark.parametrize("torn", ["", '{"release": "tw', "[]", "null"])
def test_a_torn_line_is_left_out(torn: str) -> None:
    assert [each["release"] for each in history([torn, line("one", 1), torn])] == ["one"]


def test_times_that_cannot_be_read(site: Site) -> None:
    assert history(['{"release": "one", "outcome": "deployed", "started_at": null}'])[0]["seconds"] is None
    with pytest.raises(Unreachable, match="audit of staging cannot be read"):
        audit(RecordingRunner([("audit", "permission denied", 1)]), site)


def test_a_survey_is_not_told_of_deeds() -> None:
    assert DEED.line().startswith('{"kind":'), "the survey's script knows them by their beginning"
    assert len(parse([f"audit\t{line('one', 1)}"]).entries) == 1


def test_what_a_deployment_did_to_the_database() -> None:
    done = {"action": "rollback", "migrations": ["a.1", "a.2"], "restored": "b1", "backup": "b2"}
    assert [told["detail"] for told in history([json.dumps(done), json.dumps({"action": "deploy"})])] == [
        "",
        "migrations a.1, a.2; database of backup b1; backup b2",
    ]
