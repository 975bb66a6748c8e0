"""What the steps of a stage declare, by the files that make each of them run again."""

from __future__ import annotations

import pytest

from samples import COMMIT, CONFIG, NAMING, make_facts
from shiplane import checks
from shiplane.facts.inventory import Inventory
from shiplane.model import Event
from shiplane.planning import make
from shiplane.planning.inputs import Declared
from shiplane.planning.keys import items_of
from shiplane.planning.linted import KINDS, PROJECT_FILES, PYTHON, by_kind

FACTS = make_facts()
PLAN = make(Event("push", "main", COMMIT), CONFIG, FACTS, "lab", NAMING, lambda _: ((), ()), Declared(CONFIG, FACTS))
TESTS = {step.id: step for stage in PLAN.stages if stage.name == "test" for step in stage.steps}
BACKEND, FRONTEND = ({f"test.{name}", f"test.lint-{name}"} for name in ("backend", "frontend"))
OWN = "test.lint"


@pytest.mark.parametrize(
    ("changed", "again"),
    [
        ("frontend/src/app.tsx", FRONTEND),
        ("frontend/package-lock.json", FRONTEND),
        ("backend/board/models.py", BACKEND),
        ("backend/requirements/production.txt", BACKEND),
        ("frontend/Dockerfile", {*FRONTEND, OWN}),
        ("backend/deep/wait.sh", {*BACKEND, OWN}),
        ("backend/openapi.yaml", {*BACKEND, OWN}),
        ("src/shiplane/errors.py", {OWN}),
        ("src/shiplane/commands/scripts/job.sh", {OWN}),
        ("tests/unit/test_errors.py", {OWN}),
        ("docs/site/conf.py", {OWN}),
        ("noxfile.py", {OWN}),
        ("pyproject.toml", {OWN}),
        (".hadolint.yaml", {OWN}),
        (".shellcheckrc", {OWN}),
        ("mypy.ini", {OWN}),
        (".github/workflows/pipeline.yml", {OWN}),
        (".github/actions/x/action.yml", {OWN}),
        ("testing/Dockerfile", {OWN}),
        ("scripts/bootstrap", {OWN}),
        (".ci/run", {OWN}),
        ("compose.staging.yml", {OWN}),
        (".env.docker", {"test.backend", "test.frontend", OWN}),
        ("compose.test.yml", {"test.backend", "test.frontend", OWN}),
        (".env", {"test.backend", "test.frontend"}),
        ("testing/tests/e2e/smoke.spec.ts", set()),
        ("proxy/templates/default.conf.template", set()),
        ("docs/deploys.md", set()),
        ("docs/images/run.svg", set()),
        ("README.md", set()),
        ("LICENSE", set()),
        ("backends/x.py", set()),
    ],
)
def test_a_change_repeats_the_checks_that_read_the_file(changed: str, again: set[str]) -> None:
    here = Inventory({changed: "100644 1"})
    read = {
        name: [each for kind, each, _ in items_of(step.inputs, here, CONFIG, {}, {}) if kind == "file"]
        for name, step in TESTS.items()
        if step.inputs is not None
    }
    assert set(read) == set(TESTS)
    assert {name for name, files in read.items() if files} == again


def test_each_part_of_the_linters_is_a_step() -> None:
    where = checks.Surroundings("id", dict.fromkeys(("backend", "frontend", "shop"), "1"), "bin")
    parts = [name for name in checks.steps(where) if name.startswith("lint-")]
    called = {command.argv[-1]: step for step in TESTS.values() for command in step.commands if "lint" in command.argv}
    assert {f"lint-{part}" for part in called} == set(parts)
    for name, step in called.items():
        assert step.title == f"code quality: {name}"
        needed = set(checks.make("lint", where, (name,)).images) != set()
        assert ("build.images" in step.needs) is needed
        [told] = step.inputs.values if step.inputs else ()
        assert told[0] == f"what lint-{name} runs"


def test_images_are_built_for_the_checks_that_run_in_them() -> None:
    [images] = [step for step in PLAN.steps if step.id == "build.images"]
    assert set(images.only_for) == {name for name, step in TESTS.items() if images.id in step.needs} == {*TESTS} - {OWN}


def test_linters_look_at_files_by_their_kind() -> None:
    names = (
        "a.sh",
        "x/b.sh",
        "scripts/test",
        "x/scripts/test",
        "Dockerfile",
        "y/proxy.Dockerfile",
        "Dockerfiles",
        "c.yml",
    )
    found = by_kind((*names, ".github/workflows/d.yaml", "yml", "x.sh.py", ""))
    assert found == {
        "shell": ("a.sh", "x/b.sh", "scripts/test"),
        "dockerfile": ("Dockerfile", "y/proxy.Dockerfile"),
        "yaml": ("c.yml", ".github/workflows/d.yaml"),
        "workflow": (".github/workflows/d.yaml",),
    }


def test_all_that_a_linter_of_the_project_looks_at_is_declared() -> None:
    places = [name if name.endswith(".py") else f"{name}/deep/x.py" for name in PYTHON]
    here = Inventory(dict.fromkeys(places, "100644 1"))
    inputs = TESTS[OWN].inputs
    assert inputs is not None
    assert [name for _, name, _ in items_of(inputs, here, CONFIG, {}, {})][: len(places)] == sorted(places)
    assert {pattern for patterns in KINDS.values() for pattern in patterns} <= set(PROJECT_FILES)
