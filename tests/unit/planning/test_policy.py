from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import pytest

from samples import COMMIT, CONFIG
from shiplane.model import Event
from shiplane.planning import stages_for

if TYPE_CHECKING:
    from shiplane.model.event import EventName

CHECKED = ("build", "test")
DELIVERED = (*CHECKED, "publish", "staging", "e2e")
RELEASED = (*DELIVERED, "production")


@pytest.mark.parametrize(
    ("name", "branch", "stages", "reason"),
    [
        ("push", "main", RELEASED, "main goes to production"),
        ("manual", "main", RELEASED, "main goes to production"),
        ("push", "feature/x", DELIVERED, "feature/x goes to staging"),
        ("push", "feature/a/b", DELIVERED, "feature/a/b goes to staging"),
        ("manual", "feature/x", DELIVERED, "feature/x goes to staging"),
        ("pull_request", "main", CHECKED, "a pull request is built and tested, never deployed"),
        ("pull_request", "feature/x", CHECKED, "a pull request is built and tested, never deployed"),
        ("push", "fix/y", (), "branch fix/y is none of main, feature/*: nothing to do"),
        ("manual", "fix/y", (), "branch fix/y is none of main, feature/*: nothing to do"),
        ("push", "feature", (), "branch feature is none of main, feature/*: nothing to do"),
        ("push", "my-feature/x", (), "branch my-feature/x is none of main, feature/*: nothing to do"),
        ("push", "Feature/x", (), "branch Feature/x is none of main, feature/*: nothing to do"),
        ("push", "HEAD", (), "branch HEAD is none of main, feature/*: nothing to do"),
    ],
)
def test_stages_by_event_and_branch(name: EventName, branch: str, stages: tuple[str, ...], reason: str) -> None:
    assert stages_for(Event(name, branch, COMMIT), CONFIG) == (stages, reason)


def test_the_main_branch_has_the_configured_name() -> None:
    config = dataclasses.replace(CONFIG, main_branch="trunk")
    assert stages_for(Event("push", "trunk", COMMIT), config)[0] == RELEASED
    assert stages_for(Event("push", "main", COMMIT), config)[0] == DELIVERED
