"""The Nox sessions on the whole content of a fresh clone, and what they say when something is wrong."""

from __future__ import annotations

import itertools
import json
import re
from typing import TYPE_CHECKING

import pytest

from helpers.engine import images, traces
from helpers.story import FIRST_VERSION

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from helpers.clone import Clone

pytestmark = pytest.mark.timeout(1200)


@pytest.fixture(autouse=True)
def _nothing_is_left(whole: Clone) -> Iterator[None]:
    """See that no session leaves a container, a network or an edit."""
    yield
    assert traces(whole.id) == []
    whole.git("checkout", "--quiet", ".")
    whole.git("clean", "--quiet", "--force", "-d")


def test_images_make_both_kinds(whole: Clone) -> None:
    output = whole.nox("-s", "images").output
    release = whole.git("rev-parse", "HEAD")[:12]
    wanted = {f"{name}-dev:{FIRST_VERSION}" for name in ("backend", "frontend")}
    wanted |= {f"{name}:{FIRST_VERSION}-{release}" for name in ("backend", "frontend")}
    assert wanted <= set(images("backend", "frontend"))
    assert all(f"built {name}" in output for name in wanted)


def test_tests_and_lint_pass(whole: Clone) -> None:
    output = whole.nox("-s", "tests", "lint").output
    for name in ("tests", "lint"):
        assert f"Session {name} was successful" in output
    reports = whole.folder / ".shiplane/reports"
    for file in ("backend/junit.xml", "backend/coverage.xml", "frontend/junit.xml"):
        assert (reports / file).is_file()


def test_a_failing_backend_test_is_named(whole: Clone) -> None:
    write(whole.folder / "backend/tests/test_wrong.py", "def test_two_and_two():\n    assert 2 + 2 == 5\n")
    done = whole.nox("-s", "tests_backend", "--", "tests/test_wrong.py", code=1)
    assert "FAILED tests/test_wrong.py::test_two_and_two" in done.output
    assert "tests_backend failed: pytest" in done.output


def test_a_failing_frontend_test_is_named(whole: Clone) -> None:
    test = 'import { expect, it } from "vitest";\n\nit("adds up", () => {\n  expect(2 + 2).toBe(5);\n});\n'
    write(whole.folder / "frontend/src/wrong.test.ts", test)
    done = whole.nox("-s", "tests_frontend", "--", "src/wrong.test.ts", code=1)
    assert "src/wrong.test.ts > adds up" in done.output
    assert "tests_frontend failed: vitest" in done.output


def test_lint_tells_every_failure(whole: Clone) -> None:
    write(whole.folder / "backend/board/wrong.py", "import os\nimport ast\nx = {  'a':1 }\n")
    write(whole.folder / "frontend/src/wrong.ts", "export const wrong: any = 1;\n")
    write(whole.folder / "src/shiplane/wrong.py", "import subprocess\nwrong: int = 'text'\n")
    write(whole.folder / "scripts/wrong.sh", "#!/usr/bin/env bash\necho $1\n")
    write(whole.folder / "wrong.yml", "a: 1\na: 2\n")
    write(whole.folder / "wrong/Dockerfile", "FROM debian\nRUN cd /tmp\n")
    whole.git("add", "--all")
    done = whole.nox("-s", "lint", code=1)
    whole.git("reset", "--quiet")
    names = "eslint, black, isort, flake8, ruff, ruff format, mypy, shellcheck, hadolint, yamllint"
    assert f"lint failed: {names}" in done.output
    for finding in ("F401", "no-explicit-any", "Incompatible types in assignment", "SC2086", "DL3006", "duplication"):
        assert finding in done.output


def test_e2e_passes_against_the_test_environment(whole: Clone) -> None:
    """With what axe says of each page of the board, and the picture that it is compared with."""
    chosen = ("--project=e2e", "--project=visual", "--grep", "e2e|is readable|its picture")
    output = whole.nox("-s", "e2e", "--", *chosen).output
    assert "Session e2e was successful" in output
    looked = re.findall(r" (\w+) is readable, (light|dark)", output)
    pages = ("board", "runs", "run", "releases", "release")
    assert sorted(looked) == sorted(itertools.product(pages, ("light", "dark")))
    assert "board looks as in its picture" in output
    told = json.loads((whole.folder / ".shiplane/reports/e2e/results.json").read_text(encoding="utf-8"))["stats"]
    assert (told["unexpected"], told["flaky"], told["skipped"]) == (0, 0, 0)
    assert told["expected"] > len(looked) + len(("e2e", "picture"))


def write(file: Path, content: str) -> None:
    """Write a file, making its folder."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(content, encoding="utf-8")
