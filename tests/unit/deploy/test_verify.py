from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from shiplane.deploy.verify import verify
from shiplane.errors import Interrupted, StepFailed, Unreachable
from shiplane.runners.base import Cancel
from shiplane.runners.http import Answer

if TYPE_CHECKING:
    from shiplane.deploy.phases import Options
    from shiplane.errors import ShiplaneError
    from shiplane.model import Site


GOOD = Answer(200, json.dumps({"release": "new", "status": "ok"}))


class Public:
    def __init__(self, *answers: Answer | ShiplaneError) -> None:
        self.answers = list(answers)
        self.asked = []

    def request(self, method: str, url: str, **words: Any) -> Answer:  # noqa: ANN401 - handed on
        self.asked.append((method, url, words))
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer


class Clock(Cancel):
    def __init__(self) -> None:
        super().__init__()
        self.slept = []

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.check()


def ask(public: Public, site: Site, options: Options, clock: Clock | None = None) -> list[str]:
    told = []
    options = replace(options, verify_tries=12, verify_seconds=5.0)
    verify(public, site.url, options, "new", report=told.append, cancel=clock or Clock())
    return told


def test_the_first_try_is_made_at_once(site: Site, options: Options) -> None:
    public, clock = Public(GOOD), Clock()
    told = ask(public, site, options, clock)
    assert told == ["verified: https://staging.test/api/v1/status/ answers with new"]
    assert public.asked == [("GET", "https://staging.test/api/v1/status/", {"timeout": 5.0})]
    assert clock.slept == []


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (Unreachable("https://staging.test does not answer: refused", ""), "does not answer: refused"),
        (Answer(502, "<h1>Bad\n  gateway</h1>"), "status 502 without a release: '<h1>Bad gateway</h1>'"),
        (Answer(200, '"release"'), "status 200 without a release"),
        (Answer(200, '{"release": "old"}'), "status 200 from another release: 'old'"),
        (Answer(503, '{"release": "new", "status": "error"}'), 'status 503: {"release": "new", "status": "error"}'),
    ],
)
def test_what_does_not_pass(site: Site, options: Options, answer: Answer | ShiplaneError, words: str) -> None:
    public, clock = Public(answer), Clock()
    with pytest.raises(StepFailed) as caught:
        ask(public, site, options, clock)
    assert words in caught.value.cause
    assert len(caught.value.details) == 12
    assert len(public.asked) == 12
    assert clock.slept == [0.5, 1.0, 2.0, *[5.0] * 8]


def test_a_late_answer_passes(site: Site, options: Options) -> None:
    told = ask(Public(Answer(502, ""), Answer(200, '{"release": "old"}'), GOOD), site, options)
    assert len(told) == 3


def test_a_cancel_ends_it(site: Site, options: Options) -> None:
    clock = Clock()
    clock.set(Interrupted())
    with pytest.raises(Interrupted):
        ask(Public(GOOD), site, options, clock)
