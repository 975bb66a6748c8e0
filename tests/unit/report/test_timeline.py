from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

import journals
from shiplane.report.state import fold
from shiplane.report.timeline import Timeline, seconds_of, timeline

if TYPE_CHECKING:
    from journals import Story


def of(story: Story, records: int | None = None) -> Timeline:
    return timeline(fold(story.records[:records]))


def path(times: Timeline) -> list[str]:
    return [bar.step.id for bar in times.critical]


def test_bars_are_where_the_steps_were() -> None:
    times = of(journals.passed())
    bars = {bar.step.id: (round(bar.start, 1), round(bar.end, 1)) for bar in times.bars}
    assert len(bars) == 15
    assert (bars["build.images"], bars["test.backend"]) == ((2.1, 36.2), (36.2, 94.6))
    assert round(times.seconds, 1) == 210.6


def test_the_critical_path_is_what_each_waited_for_longest() -> None:
    assert path(of(journals.passed())) == [
        "build.clean",
        "build.images",
        "test.backend",
        "publish.images",
        "publish.push",
        "staging.deploy",
        "staging.verify",
        "e2e.tests",
        "production.promote",
        "production.verify",
    ]


def test_a_step_that_waited_for_a_free_place_follows_the_one_that_had_it() -> None:
    story = journals.passed()
    story.starts["test.lint"] = story.starts["test.frontend"] + 22.7
    story.end("test.lint", seconds=60.0)
    for name in list(story.steps)[8:]:
        story.starts[name] += 30.0
    assert path(of(story))[:5] == ["build.clean", "build.images", "test.frontend", "test.lint", "publish.images"]


def test_reused_steps_have_no_length_and_are_not_critical() -> None:
    times = of(journals.reused())
    assert {bar.seconds for bar in times.bars if bar.step.how != "ran"} == {0.0}
    assert path(times)[0] == "publish.images"


def test_a_step_that_was_skipped_has_no_bar() -> None:
    assert [bar.step.id for bar in of(journals.undone()).bars][-1] == "production.promote"


def test_what_still_goes_on_ends_with_the_newest_record() -> None:
    times = of(journals.passed(), 18)
    newest = times.bars[-1]
    assert (newest.step.status, round(newest.end, 1)) == ("running", round(times.seconds, 1))


def test_without_a_start_there_is_no_timeline() -> None:
    assert timeline(fold([])) == Timeline((), 0.0)


@pytest.mark.parametrize("stamp", [None, "", "yesterday"])
def test_times_that_are_none(stamp: str | None) -> None:
    assert seconds_of(stamp) is None


@given(st.lists(st.tuples(st.floats(0, 100), st.floats(0.1, 50), st.integers(0, 30)), min_size=1, max_size=30))
def test_the_critical_path_is_a_chain_to_the_last_end(drawn: list[tuple[float, float, int]]) -> None:
    story = journals.large(steps=len(drawn))
    for (start, seconds, need), name in zip(drawn, list(story.steps), strict=True):
        story.starts[name], story.ends[name] = start, {"seconds": seconds}
        story.steps[name]["needs"] = list(story.steps)[need : need + 1]
    times = of(story)
    chain = times.critical
    assert chain[-1].end == max(bar.end for bar in times.bars)
    assert all(first.start < second.start for first, second in pairwise(chain))
