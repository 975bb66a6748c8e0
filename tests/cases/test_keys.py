"""What is part of a step's key: a change elsewhere changes nothing of it, a change of what it runs does."""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING

import pytest

from checkouts import FILES, Answer, make_checkout, stage
from samples import TIME
from shiplane.cli.app import App
from shiplane.cli.plans import declared, items_of_steps, pipeline_plan
from shiplane.commands import buildx
from shiplane.planning import images, inputs, labels
from shiplane.planning.keys import items_of
from worlds import RecordedWorld

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from shiplane.facts.checkout import ComponentFacts
    from shiplane.model import Command
    from shiplane.planning.keys import Item

    Known = dict[str, tuple[Item, ...]]

NEXT = "f" * 40
BUMPS = {
    "backend": ("backend/config/__init__.py", '__version__ = "1.0.1"\n'),
    "frontend": ("frontend/package.json", '{"version": "1.0.1"}\n'),
}
BUILT = {"build.images", "image.backend", "image.frontend"}
IN_BROWSER = {"build.test-runner", "e2e.tests"}


def known(folder: Path, committed: Mapping[str, str] = MappingProxyType({})) -> Known:
    """Give the inputs of a push's steps and of each image; files that are `committed` make another commit."""
    app = App(make_checkout(folder, committed), {}, RecordedWorld(answers(committed) if committed else ()))
    found = items_of_steps(app, pipeline_plan(app, app.event("push"), app.target("lab")))
    for name in BUMPS:
        found[f"image.{name}"] = items_of(declared(app).images(name), app.inventory, app.config, {}, {})
    return found


def answers(committed: Mapping[str, str]) -> list[Answer]:
    touched = sorted({name.partition("/")[0] for name in committed} & BUMPS.keys())
    return [
        ("git log -1 --format=%H%x00%an", f"{NEXT}\0Ada\0Change it\0HEAD -> main", 0),
        *((f"git log .* -- {name}", f"{NEXT}\0{TIME}", 0) for name in touched),
        ("git ls-files --stage", stage({**FILES, **committed}), 0),
    ]


def changed(before: Known, after: Known) -> set[str]:
    assert before.keys() == after.keys()
    return {name for name in before if before[name] != after[name]}


@pytest.mark.parametrize("bumped", BUMPS)
def test_a_new_version_of_a_component_is_nothing_to_the_checks_and_image_of_another(
    tmp_path: Path, bumped: str
) -> None:
    before, after = known(tmp_path / "before"), known(tmp_path / "after", dict([BUMPS[bumped]]))
    assert changed(before, after) == {"build.images", f"image.{bumped}", f"test.{bumped}", f"test.lint-{bumped}"}


@pytest.mark.parametrize("bumped", BUMPS)
@pytest.mark.parametrize("check", ["tests_{}", "lint-{}"])
def test_what_a_check_runs_holds_the_version_of_its_own_component(tmp_path: Path, bumped: str, check: str) -> None:
    folder = make_checkout(tmp_path, dict([BUMPS[bumped]]))
    run = declared(App(folder, {}, RecordedWorld())).commands
    for name in BUMPS:
        own = "1.0.1" if name == bumped else "1.0.0"
        assert f"{name}-dev:{own}" in run[check.format(name)]


def test_a_commit_that_touches_no_component_changes_no_key(tmp_path: Path) -> None:
    before, after = known(tmp_path / "before"), known(tmp_path / "after", {"docs/pipeline.md": "# Another\n"})
    assert {*BUILT, *IN_BROWSER, "test.backend"} < before.keys()
    assert after == before


def with_another_label(facts: ComponentFacts, source: str) -> tuple[tuple[str, str], ...]:
    return (*labels.labels(facts, source), ("org.example.made-by", "shiplane"))


def with_another_argument() -> tuple[buildx.Build, ...]:
    return tuple(replace(one, arguments=(("BROWSER", "firefox"),)) for one in images.test_runner())


def with_another_option(file: str, ca_bundle: str, *, output: tuple[str, ...]) -> Command:
    return buildx.bake(file, ca_bundle, "--set=*.output=compression=zstd", output=output)


@pytest.mark.parametrize(
    ("place", "of_today", "again"),
    [
        ((images, "labels"), with_another_label, BUILT),
        ((inputs, "test_runner"), with_another_argument, IN_BROWSER),
        ((images, "bake"), with_another_option, BUILT | IN_BROWSER),
    ],
    ids=["label", "argument", "option"],
)
def test_what_shiplane_asks_of_the_builder_is_part_of_the_keys_of_images(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: tuple[object, str], of_today: object, again: set[str]
) -> None:
    before = known(tmp_path / "before")
    monkeypatch.setattr(*place, of_today)
    assert changed(before, known(tmp_path / "after")) == again
