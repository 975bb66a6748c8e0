from __future__ import annotations

from dataclasses import replace
from graphlib import CycleError

import pytest

from shiplane.model import Decision, Step
from shiplane.pipeline.graph import Graph


def step(name: str, *needs: str, seconds: float | None = None) -> Step:
    return Step(name, "", needs, estimate_seconds=seconds)


def taken(graph: Graph) -> list[str]:
    """Take all that can start now."""
    found = []
    while (one := graph.take()) is not None:
        found.append(one.id)
    return found


def names(steps: list[Step]) -> list[str]:
    return [one.id for one in steps]


def test_steps_come_in_the_order_of_the_plan_once_all_that_they_need_has_passed() -> None:
    a, b, c, d = step("a"), step("b"), step("c", "a", "b"), step("d", "a")
    graph = Graph([c, b, a, d])
    assert taken(graph) == ["b", "a"]
    graph.passed(b)
    assert taken(graph) == []
    graph.passed(a)
    assert taken(graph) == ["c", "d"]
    assert graph.drop() == []


def test_the_longest_way_to_the_end_comes_first() -> None:
    short, images, runner = step("short", seconds=1), step("images", seconds=2), step("runner", seconds=9)
    tests, e2e = step("tests", "images", seconds=20), step("e2e", "tests", "runner", seconds=5)
    assert taken(Graph([short, runner, images, tests, e2e])) == ["images", "runner", "short"]
    unknown = [replace(one, estimate_seconds=None) for one in (short, runner, images)]
    assert taken(Graph(unknown)) == ["short", "runner", "images"]
    # Of images to build the first run knows that they take longest.
    unknown[1] = replace(unknown[1], definition="{}")
    assert taken(Graph([*unknown, step("tests", "images")])) == ["runner", "images", "short"]


def test_images_that_are_needed_late_are_not_built_beside_what_is_urgent() -> None:
    images, runner, made = (replace(step(name), definition="{}") for name in ("images", "runner", "made"))
    made = replace(made, needs=("images",))
    rest = [step("push", "made"), step("deploy", "push"), step("verify", "deploy"), step("e2e", "verify", "runner")]
    graph = Graph([runner, images, made, step("lint"), *rest])
    # 100 s to the end; the runner has 40 s, so that it could wait for the images and have its own time to spare.
    assert graph.take() == images
    assert graph.take(["images"]) == step("lint")
    assert graph.take(["images", "lint"]) is None
    assert graph.take(["lint"]) == runner
    slow = replace(runner, estimate_seconds=31)
    known = replace(runner, estimate_seconds=0, decision=Decision("reuse", "nothing changed", "41"))
    for other in (slow, known):
        graph = Graph([other, images, made, *rest])
        assert [graph.take(), graph.take(["images"])] == [images, other]
    graph = Graph([runner, images, made, *rest])
    assert graph.take() == images
    graph.passed(images)
    assert [graph.take(), graph.take(["made"])] == [made, runner]


def test_a_need_that_is_named_twice_counts_once() -> None:
    a = step("a")
    graph = Graph([a, step("b", "a", "a")])
    assert taken(graph) == ["a"]
    graph.passed(a)
    assert taken(graph) == ["b"]


def test_what_is_lost_with_a_step_is_told_once_and_never_comes() -> None:
    a, b = step("a"), step("b")
    graph = Graph([step("e", "c", "d"), a, b, step("c", "a"), step("d", "a", "b"), step("f", "b")])
    assert taken(graph) == ["a", "b"]
    assert names(graph.lose(a)) == ["e", "c", "d"]
    assert graph.lose(a) == []
    graph.passed(b)
    assert taken(graph) == ["f"]


def test_a_step_that_is_given_back_comes_again() -> None:
    a, b = step("a"), step("b")
    graph = Graph([a, b])
    assert taken(graph) == ["a", "b"]
    graph.give_back(a)
    assert taken(graph) == ["a"]


def test_nothing_comes_after_the_rest_was_dropped() -> None:
    a = step("a")
    graph = Graph([a, step("b"), step("c", "a")])
    assert graph.take() == a
    assert names(graph.drop()) == ["b", "c"]
    graph.passed(a)
    assert taken(graph) == []


def test_plans_that_cannot_be_carried_out() -> None:
    with pytest.raises(CycleError):
        Graph([step("a", "b"), step("b", "a")])
    with pytest.raises(KeyError, match="nowhere"):
        Graph([step("a", "nowhere")])
