"""Each step on a copy that holds nothing but the inputs that it declares: what else it reads is missing there."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from typing import TYPE_CHECKING, Any

import pytest

from helpers.clone import Clone
from helpers.engine import traces
from helpers.story import name_versions, shorten_checks
from shiplane.cli import leftovers
from shiplane.cli.app import App
from shiplane.cli.plans import items_of_steps, pipeline_plan
from shiplane.commands import stack
from shiplane.commands.buildx import CA_VARIABLES
from shiplane.planning import images

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

pytestmark = pytest.mark.timeout(900)

# What starts a step reads these, and what it runs in the end is an input of its own.
TOOL = ("pyproject.toml", "noxfile.py", "backend/config/__init__.py", "frontend/package.json")
SESSIONS = {
    # Of both kinds: what production images are made from is declared by the same words.
    "build.images": ("images",),
    "test.backend": ("tests_backend",),
    "test.frontend": ("tests_frontend",),
    "test.lint": ("lint", "--", "project"),
    "test.lint-frontend": ("lint", "--", "frontend"),
    "test.lint-backend": ("lint", "--", "backend"),
}
# How programs are found, how the engine and what it fetches are reached, and whom to trust there.
ALWAYS = re.compile(
    r"PATH|HOME|PYTHONPATH|TMPDIR|XDG_RUNTIME_DIR|(DOCKER|BUILDX)_\w+|(?i:\w+_proxy)|" + "|".join(CA_VARIABLES)
)


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Clone:
    """Give a clone whose suites are short."""
    made = Clone.make(tmp_path_factory.mktemp("declared") / "source")
    made.commit("Name the versions of the story", name_versions)
    made.commit("Keep a few tests of each suite", shorten_checks)
    return made


@pytest.fixture
def copy(source: Clone, tmp_path: Path) -> Iterator[Clone]:
    """Give an empty repository; the commands of the source run in it, and see no variable that no step declares."""
    made = Clone(tmp_path / "copy", PYTHONPATH=str(source.folder / "src"))
    made.folder.mkdir()
    made.git("init", "--quiet", "--initial-branch", "main")
    made.git("config", "user.name", "Test")
    made.git("config", "user.email", "test@example.com")
    (made.folder / ".git" / "info" / "exclude").write_text("/.venv\n")
    (made.folder / ".venv").symlink_to(source.folder / ".venv")
    made.environ = {name: value for name, value in made.environ.items() if ALWAYS.fullmatch(name)}
    yield made
    assert traces(made.id) == []


def fill(copy: Clone, source: Clone, names: list[str]) -> None:
    for name in names:
        place = copy.folder / name
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(source.folder / name, place, follow_symlinks=False)
    copy.git("add", "--all")
    copy.git("commit", "--quiet", "--message", "What a step declares")


def declared(source: Clone, step: str, event: str = "pull_request") -> list[str]:
    app = App(source.folder, {})
    plan = pipeline_plan(app, app.event(event), app.target("lab"))
    return [name for kind, name, _ in items_of_steps(app, plan)[step] if kind == "file"]


@pytest.mark.parametrize("step", SESSIONS)
def test_a_step_needs_no_file_that_it_does_not_declare(source: Clone, copy: Clone, step: str) -> None:
    names = declared(source, step)
    assert 0 < len(names) < len(source.git("ls-files").splitlines())
    fill(copy, source, sorted({*names, *TOOL}))
    assert f"Session {SESSIONS[step][0]} was successful" in copy.nox("-s", *SESSIONS[step]).output


def test_the_image_of_the_browser_tests_is_made_from_what_they_declare(source: Clone) -> None:
    """They see nothing else of the checkout: `tests/unit/pipeline/test_e2e.py` reads what their container is shown."""
    [image] = images.test_runner()
    seen = set(source.git("ls-files", image.context).splitlines())
    assert len(seen) > 1
    assert set(declared(source, "build.test-runner", "push")) == seen
    assert set(declared(source, "e2e.tests", "push")) > seen


@pytest.mark.parametrize(
    ("step", "file", "told"),
    [
        ("test.backend", "compose.test.yml", "compose.test.yml"),
        ("test.lint", ".yamllint.yaml", "lint failed: yamllint"),
    ],
)
def test_a_step_whose_file_is_not_declared_is_found_out(
    source: Clone, copy: Clone, step: str, file: str, told: str
) -> None:
    names = declared(source, step)
    assert file in names
    fill(copy, source, sorted({*names, *TOOL} - {file}))
    assert told in copy.nox("-s", *SESSIONS[step], code=1).output


def test_the_inputs_of_one_component_are_not_those_of_the_other(source: Clone) -> None:
    backend, frontend = (set(declared(source, f"test.{name}")) for name in ("backend", "frontend"))
    assert not [name for name in backend if name.startswith("frontend/")]
    assert not [name for name in frontend if name.startswith("backend/")]
    for name, tested in (("backend", backend), ("frontend", frontend)):
        linted = set(declared(source, f"test.lint-{name}"))
        assert linted == {each for each in tested if each.startswith(f"{name}/")} != set()


def test_the_linters_of_the_project_read_no_source_of_a_component(source: Clone) -> None:
    linted = declared(source, "test.lint")
    kinds = re.compile(r".*(Dockerfile|\.sh|\.ya?ml)")
    others = [name for name in linted if not kinds.fullmatch(name)]
    assert [name for name in others if name.startswith(("backend/", "frontend/", "testing/", "proxy/"))] == []
    assert [name for name in others if name.startswith("docs/")] == ["docs/site/conf.py"]
    assert {"backend/Dockerfile", "frontend/Dockerfile", "testing/run-tests.sh"} < set(linted)


def resolved(source: Clone, given: Mapping[str, str], **environ: str) -> dict[str, Any]:
    """Give the services that the backend's tests use, as Compose resolves them."""
    command = stack.compose("declared", ("config", "--format", "json"), given, stack.TEST)
    kept = {name: value for name, value in os.environ.items() if name in ("PATH", "HOME")}
    env = {**kept, **environ, **command.environment()}
    done = subprocess.run(command.argv, cwd=source.folder, env=env, capture_output=True, text=True, check=True)
    services = json.loads(done.stdout)["services"]
    return {name: services[name] for name in ("db", "redis", "backend")}


def test_no_variable_that_is_not_declared_changes_the_stack_of_the_tests(source: Clone) -> None:
    app = App(source.folder, {})
    plan = pipeline_plan(app, app.event("pull_request"), app.target("lab"))
    items = items_of_steps(app, plan)["test.backend"]
    known = {name for kind, name, _ in items if kind == "variable"}
    given = leftovers.surroundings(app).compose_env()
    texts = "".join((source.folder / name).read_text() for name in stack.TEST)
    named = set(re.findall(r"\$\{(\w+)", texts))
    assert known <= named
    others = dict.fromkeys(named - known - given.keys(), "7777")
    assert "PROXY_PORT" in others
    assert resolved(source, given, **others) == resolved(source, given)
    for name in known:
        assert resolved(source, given, **{name: "other"}) != resolved(source, given), f"{name} is declared for nothing"
