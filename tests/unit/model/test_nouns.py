from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from samples import make_release
from shiplane.model import STAGE_NAMES, Command, Event, Outcome, Plan, Release, Secret, Stage, Step
from shiplane.model.identity import checkout_id, slug

if TYPE_CHECKING:
    from pathlib import Path


def test_stages_have_the_fixed_names() -> None:
    assert STAGE_NAMES == ("build", "test", "publish", "staging", "e2e", "production")


def test_a_plan_as_json() -> None:
    login = Command(("docker", "login"), stdin=Secret("P", "hidden"), host="staging")
    back = Command(("ln", "-s", "a b", "current"), host="staging")
    step = Step("staging.deploy", "put it there", ("publish.push",), "staging", (login,), (back,))
    first = Step("publish.push", "push")
    stages = (Stage("publish", 2700, "build", (first,)), Stage("staging", 1200, "staging", (step,)))
    plan = Plan(Event("push", "main", "c"), "lab", stages, "why", "r1", ("a note",))
    assert plan.steps == (first, step)
    rest = {
        "environment": "",
        "timeout_seconds": 0,
        "retry": None,
        "key": "",
        "decision": {"choice": "run", "why": "", "run": ""},
        "estimate_seconds": None,
    }
    publish = {"id": "publish.push", "title": "push", "needs": [], "host": "local", "commands": [], "undo": []} | rest
    staging = rest | {
        "id": "staging.deploy",
        "title": "put it there",
        "needs": ["publish.push"],
        "host": "staging",
        "commands": ["docker login < <P>"],
        "undo": ["ln -s 'a b' current"],
    }
    assert plan.to_json() == {
        "event": {"name": "push", "branch": "main", "commit": "c"},
        "target": "lab",
        "release": "r1",
        "reason": "why",
        "notes": ["a note"],
        "stages": [
            {"name": "publish", "timeout_seconds": 2700, "steps": [publish]},
            {"name": "staging", "timeout_seconds": 1200, "steps": [staging]},
        ],
    }


def test_a_release_comes_back_from_its_json() -> None:
    release = make_release(dirty=True)
    assert Release.from_json(release.to_json()) == release
    signed = dataclasses.replace(release, signature="one\ntwo\n")
    assert Release.from_json(signed.to_json()) == signed
    assert signed.signed_text == release.signed_text != make_release().signed_text


@pytest.mark.parametrize("field", ["id", "commit", "branch", "version", "dirty", "created_at", "images"])
def test_a_release_without_a_field_is_refused(field: str) -> None:
    data = make_release().to_json()
    del data[field]
    with pytest.raises(KeyError, match=field):
        Release.from_json(data)


def test_a_release_gives_its_images() -> None:
    release = make_release("r1")
    assert release.image("backend").pinned == "registry.test/acme/app-backend@sha256:" + "a" * 64
    assert release.digests() == {"backend": "sha256:" + "a" * 64, "frontend": "sha256:" + "b" * 64}
    with pytest.raises(KeyError):
        release.image("other")


@pytest.mark.parametrize("value", [make_release(), Outcome("passed"), Event("push", "main", "c"), Secret("N", "v")])
def test_nouns_are_frozen(value: object) -> None:
    name = dataclasses.fields(value)[0].name  # type: ignore[arg-type]
    with pytest.raises(dataclasses.FrozenInstanceError):
        setattr(value, name, "other")


def test_a_checkout_is_named_after_its_real_path(tmp_path: Path) -> None:
    (tmp_path / "one").mkdir()
    (tmp_path / "two").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "one")
    assert checkout_id(tmp_path / "one") == checkout_id(tmp_path / "link") != checkout_id(tmp_path / "two")
    assert len(checkout_id(tmp_path)) == 8


@pytest.mark.parametrize(
    ("text", "made"),
    [("feature/x", "feature-x"), ("Fix: ÄÖ!", "fix"), ("--", "x"), ("", "x"), ("a" * 50, "a" * 40), ("a b", "a-b")],
)
def test_a_slug(text: str, made: str) -> None:
    assert slug(text) == made


@given(st.text(), st.integers(1, 60))
def test_a_slug_holds_only_what_names_may_hold(text: str, limit: int) -> None:
    made = slug(text, limit)
    assert 1 <= len(made) <= limit
    assert set(made) <= set("abcdefghijklmnopqrstuvwxyz0123456789-")
    assert not made.startswith("-")
    assert not made.endswith("-")
