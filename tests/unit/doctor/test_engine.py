from __future__ import annotations

import re
from pathlib import Path

import pytest

from shiplane.deploy import readiness
from shiplane.doctor import engine
from shiplane.doctor.finding import Run
from shiplane.model import Command
from shiplane.runners.base import Completed

SCRIPT = Path(__file__).parents[3] / "scripts/lib/engine.sh"


def answer(text: str, code: int = 0) -> Completed:
    return Completed(code, text, text, 0.0)


def test_versions_are_those_of_bootstrap_and_of_servers() -> None:
    said = dict(re.findall(r"^(\w+_AT_LEAST)=(\S+)", SCRIPT.read_text(encoding="utf-8"), re.MULTILINE))
    assert said == {"ENGINE_AT_LEAST": engine.ENGINE_AT_LEAST, "COMPOSE_AT_LEAST": engine.COMPOSE_AT_LEAST}
    assert readiness.COMPOSE == engine.COMPOSE_AT_LEAST
    assert readiness.ENGINE.removesuffix(".0") == engine.ENGINE_AT_LEAST


@pytest.mark.parametrize("version", ["25.0.0", "26.1.5+dfsg1", "28.2.2"])
def test_an_engine_that_is_new_enough(version: str) -> None:
    assert list(engine.engine(answer(version))) == []


@pytest.mark.parametrize(
    ("said", "code", "what", "fix"),
    [
        ("Cannot connect to the Docker daemon", 1, "(Cannot connect to the Docker daemon)", "run ./scripts/bootstrap"),
        ("", 1, "(it says nothing)", "run ./scripts/bootstrap"),
        ("permission denied while trying to connect", 1, "(permission denied", 'sudo usermod -aG docker "$USER"'),
        ("20.10.24", 0, "the engine 20.10.24 is older than 25", "install a newer one"),
        ("nonsense", 0, "the engine nonsense is older than 25", "install a newer one"),
    ],
)
def test_an_engine_that_cannot_be_used(said: str, code: int, what: str, fix: str) -> None:
    [found] = engine.engine(answer(said, code))
    assert what in found.what
    assert found.fix.startswith(fix)
    assert found.mend is None


def test_an_engine_elsewhere_is_nothing_that_bootstrap_brings() -> None:
    [found] = engine.engine(answer("Cannot connect", 1), "DOCKER_HOST")
    assert found.fix == "start the engine that DOCKER_HOST names, or: unset DOCKER_HOST"
    assert list(engine.engine(answer("26.1.5"), "DOCKER_HOST")) == []


@pytest.mark.parametrize(
    ("said", "well"), [("2.24.4", True), ("v2.40.3-desktop.1", True), ("2.24.3", False), ("", False)]
)
def test_compose(said: str, well: bool) -> None:  # noqa: FBT001 - a row of a table
    found = list(engine.compose(answer(said)))
    assert not found if well else f"is {said or 'not there'}, and has to be 2.24.4 or newer" in found[0].what


def test_buildx() -> None:
    assert list(engine.buildx(answer("github.com/docker/buildx 0.13.1"))) == []
    assert [found.what for found in engine.buildx(answer("unknown command", 1))] == ["docker buildx is not there"]


def test_packages_that_npm_lacks_are_brought_unasked() -> None:
    [found] = engine.packages(
        answer("ok       engine\nok       python\nmissing  npm (testing): no node_modules\nrun it", 2)
    )
    assert (found.name, found.what) == ("npm-testing", "npm (testing): no node_modules")
    assert found.mend == Run(Command(("./scripts/bootstrap", "--no-hooks")))


@pytest.mark.parametrize(
    "said",
    [
        "missing  engine: no container engine answers\nmissing  npm (testing): no node_modules",
        "missing  python: no environment in .venv\nmissing  npm (testing): no node_modules",
    ],
)
def test_an_engine_is_not_installed_and_the_own_environment_not_made_anew_unasked(said: str) -> None:
    found = list(engine.packages(answer(said, 2)))
    assert "engine" not in [one.name for one in found]
    assert {one.mend for one in found} == {None}


def test_packages_that_are_there() -> None:
    assert list(engine.packages(answer("ok       engine\nok       python\nok       npm (frontend)"))) == []
