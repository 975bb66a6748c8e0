"""What each Nox session runs: whole commands."""

from __future__ import annotations

import dataclasses
import re

import pytest

from shiplane import checks
from shiplane.checks import CHECKS, Check, Surroundings
from shiplane.commands import engine, stack
from shiplane.errors import UnknownName
from shiplane.model import Command

WHERE = Surroundings(
    "abcd1234",
    {"backend": "1.0.0", "frontend": "2.0.0"},
    "/venv/bin",
    {"shell": ("a.sh",), "dockerfile": (), "yaml": ("b.yml", "c.yaml"), "workflow": ("b.yml",)},
)
ENV = {
    **dict.fromkeys((f"TEST_{name}_PORT" for name in ("DB", "REDIS", "BACKEND", "FRONTEND", "PROXY")), "0"),
    "BACKEND_DEV_IMAGE": "backend-dev:1.0.0",
    "FRONTEND_DEV_IMAGE": "frontend-dev:2.0.0",
}
COVERAGE = (
    *("--cov", "--cov-report=term", "--cov-report=xml:/app/reports/coverage.xml"),
    *("--cov-report=html:/app/reports/html", "-o", "junit_family=xunit1", "--junitxml=/app/reports/junit.xml"),
)
PROJECT = "app-test-abcd1234"


def test_surroundings_name_what_is_this_checkout_s_own() -> None:
    assert WHERE.project("backend") == "app-test-abcd1234-backend"
    assert WHERE.image("frontend") == "frontend-dev:2.0.0"
    assert WHERE.compose_env() == ENV


def test_backend_tests() -> None:
    container = f"{PROJECT}-backend-tests"
    gone = (engine.remove(container), stack.down(f"{PROJECT}-backend", ENV))
    argv = ("pytest", "-n", "auto", *COVERAGE[:4], "--cov-fail-under=0", *COVERAGE[4:], "-k", "api")
    assert checks.make("tests_backend", WHERE, ("-k", "api")) == Check(
        images=("backend",),
        before=(*gone, stack.up(f"{PROJECT}-backend", ("db", "redis"), ENV)),
        checks=(("pytest", stack.run(f"{PROJECT}-backend", container, "backend", argv, ENV)),),
        keep=(engine.copy_out(container, "/app/reports", ".shiplane/reports/backend"),),
        after=gone,
    )


@pytest.mark.parametrize(("arguments", "rest"), [((), ()), (("Board",), ("--", "--coverage.enabled=false", "Board"))])
def test_frontend_tests(arguments: tuple[str, ...], rest: tuple[str, ...]) -> None:
    container = f"{PROJECT}-frontend-tests"
    argv = ("npm", "run", "test:run", *rest)
    assert checks.make("tests_frontend", WHERE, arguments) == Check(
        images=("frontend",),
        before=(engine.remove(container),),
        checks=(("vitest", engine.run_tests("frontend-dev:2.0.0", container, argv, {"CI": "1", "NO_COLOR": "1"})),),
        keep=(engine.copy_out(container, "/app/reports", ".shiplane/reports/frontend"),),
        after=(engine.remove(container),),
    )


COVERED = dataclasses.replace(WHERE, coverage={"backend": 95, "frontend": 97})


def words(check: Check) -> tuple[str, ...]:
    ((_, command),) = check.checks
    return command.argv


@pytest.mark.parametrize("talk", [(), ("-vv",)])
def test_the_configuration_may_ask_for_more_coverage_of_all_tests(talk: tuple[str, ...]) -> None:
    assert "--cov-fail-under=95" in words(checks.make("tests_backend", COVERED, talk))
    assert not any("fail-under" in word for word in words(checks.make("tests_backend", WHERE, talk)))
    assert "--coverage.thresholds.lines=97" in words(checks.make("tests_frontend", COVERED, ("--reporter=verbose",)))


def test_of_a_selection_no_coverage_is_asked() -> None:
    assert "--cov-fail-under=0" in words(checks.make("tests_backend", COVERED, ("-k", "api")))
    assert words(checks.make("tests_frontend", COVERED, ("a.test.ts",)))[-2:] == (
        "--coverage.enabled=false",
        "a.test.ts",
    )


def test_pytest_runs_what_failed_by_its_own_record() -> None:
    record = '{"tests/test_a.py::test_x[\'$]": true}'
    ((label, command),) = checks.tests_that_failed(WHERE, ("-vv",), record).checks
    at = command.argv.index("sh")
    assert (label, command.stdin) == ("pytest", record)
    assert command.argv[at + 1] == "-euc"
    assert command.argv[at + 3 : at + 5] == ("/app/reports/.pytest_cache/v/cache", "pytest")
    assert command.argv[-2:] == ("--last-failed", "-vv")
    assert "--cov-fail-under=0" in command.argv
    usual = checks.make("tests_backend", WHERE, ("--last-failed", "-vv"))
    assert dataclasses.replace(usual, checks=()) == dataclasses.replace(
        checks.tests_that_failed(WHERE, ("-vv",), record), checks=()
    )


def test_vitest_runs_tests_by_file_and_name() -> None:
    cases = [("src/b.test.ts", "f > is (right)"), ("src/a.test.ts", "adds"), ("src/b.test.ts", "f > is (right)")]
    cases.append(("src/a.test.ts", "g > has > in it"))
    *files, option, pattern = checks.named_again(cases)
    assert (files, option) == (["src/a.test.ts", "src/b.test.ts"], "-t")
    for name in ("adds", "f is (right)", "g has > in it"):
        assert re.search(pattern, name)
    assert re.search(pattern, "f is right") is None
    assert re.search(pattern, "adds more") is None


LINTERS = {
    "eslint": ("npm", "run", "lint"),
    "black": ("black", "--check", "--quiet", "."),
    "isort": ("isort", "--check", "--quiet", "."),
    "flake8": ("flake8",),
}
PYTHON = ("src", "tests", "docs", "noxfile.py", "tasks.py")
OWN = {
    "ruff": ("/venv/bin/ruff", "check", *PYTHON),
    "ruff format": ("/venv/bin/ruff", "format", "--check", *PYTHON),
    "mypy": ("/venv/bin/mypy",),
    "import contracts": ("/venv/bin/lint-imports",),
    "shellcheck": ("/venv/bin/shellcheck", "-x", "a.sh"),
    "yamllint": ("/venv/bin/yamllint", "--strict", "--format", "parsable", "b.yml", "c.yaml"),
    "actionlint": ("/venv/bin/actionlint", "b.yml"),
    "zizmor": ("/venv/bin/zizmor", "--offline", "--no-progress", "--quiet", "b.yml"),
    "topology": ("/venv/bin/python", "-m", "shiplane.cli.session", "topology"),
    "workflow schema": ("/venv/bin/check-jsonschema", "--builtin-schema", "vendor.github-workflows", "b.yml"),
}


def test_code_quality_looks_at_everything_that_is_there() -> None:
    made = checks.make("lint", WHERE, ())
    containers = {name: f"{PROJECT}-lint-{name}" for name in LINTERS}
    removal = engine.remove(*(containers[name] for name in LINTERS))
    assert (made.images, made.before, made.after, made.keep) == (("frontend", "backend"), (removal,), (removal,), ())
    found = dict(made.checks)
    for name, argv in LINTERS.items():
        image = "frontend-dev:2.0.0" if name == "eslint" else "backend-dev:1.0.0"
        assert found.pop(name) == engine.run_tests(image, containers[name], argv, {"HOME": "/tmp"})  # noqa: S108
    assert found == {name: Command(argv) for name, argv in OWN.items()}
    assert made.parallel == 2


def test_shiplane_s_own_tests() -> None:
    quick = ("/venv/bin/python", "-m", "pytest", "tests/unit", "tests/cases", "tests/cli")
    assert checks.make("shiplane", WHERE, ()) == Check(checks=(("pytest", Command(quick)),))
    assert checks.make("shiplane", WHERE, ("tests",)).checks[0][1].argv[3:] == ("tests",)


def test_the_site_is_made_from_nothing_and_strictly() -> None:
    strict = ("--builder", "html", "--fail-on-warning", "--nitpicky", "--fresh-env", "--quiet")
    places = ("--conf-dir", "docs/site", "--doctree-dir", ".shiplane/site.doctrees", "docs", ".shiplane/site")
    assert checks.make("docs", WHERE, ()) == Check(
        before=(Command(("rm", "-rf", ".shiplane/site")),),
        checks=(
            ("links", Command(("/venv/bin/python", "-m", "shiplane.cli.session", "links"))),
            ("sphinx", Command(("/venv/bin/python", "-m", "sphinx", *strict, *places))),
        ),
        parallel=2,
    )


def test_images_are_called_by_their_ids_where_these_are_known() -> None:
    named = {name: checks.make(name, WHERE, ()) for name in ("tests_backend", "tests_frontend", "lint")}
    tags = {WHERE.image(component): f"sha256:{component}" for component in WHERE.versions}
    known = dataclasses.replace(WHERE, ids=tags | {WHERE.runner: "sha256:runner"})
    assert known.runner == "sha256:runner"
    for name, made in named.items():
        shown = str(checks.make(name, known, ()))
        assert [tag for tag in tags if tag in shown] == []
        assert str(made) == re.sub("sha256:([a-z]+)", lambda found: WHERE.image(found[1]), shown)


@pytest.mark.parametrize(
    ("arguments", "names", "image"),
    [
        (("frontend",), ("eslint",), ("frontend",)),
        (("backend",), ("black", "isort", "flake8"), ("backend",)),
        (("project",), tuple(OWN), ()),
        (("project", "backend", "project"), ("black", "isort", "flake8", *OWN), ("backend",)),
    ],
)
def test_code_quality_of_a_part(arguments: tuple[str, ...], names: tuple[str, ...], image: tuple[str, ...]) -> None:
    made, whole = checks.make("lint", WHERE, arguments), dict(checks.make("lint", WHERE, ()).checks)
    assert (dict(made.checks), made.images) == ({name: whole[name] for name in names}, image)
    containers = tuple(f"{PROJECT}-lint-{name}" for name in names if name in LINTERS)
    removal = (engine.remove(*containers),) if containers else ()
    assert (made.before, made.after) == (removal, removal)


@pytest.mark.parametrize("unknown", ["shop", "-k", "tests", ""])
def test_a_part_that_there_is_not(unknown: str) -> None:
    for give in (checks.make, checks.alone):
        with pytest.raises(UnknownName) as raised:
            give("lint", WHERE, ("frontend", unknown))
        assert raised.value.exit_code == 2
        assert raised.value.cause == f"unknown part of the linters {unknown!r}"
        assert raised.value.fix.endswith("use one of: backend, frontend, project")


def test_all_that_leave_something_are_cleaned() -> None:
    cleaned = {command for check in checks.steps(WHERE).values() for command in check.after}
    left = {word for command in cleaned for word in command.argv}
    for name in CHECKS:
        for command in checks.make(name, WHERE, ()).after:
            assert set(command.argv) <= left
    assert set(checks.steps(WHERE)) == {"tests_backend", "tests_frontend", *checks.alone("lint", WHERE, ())}


def test_parts_run_side_by_side_and_the_whole_beside_none() -> None:
    assert checks.alone("lint", WHERE, ("project", "frontend")) == ("lint-frontend", "lint-project")
    assert checks.alone("lint", WHERE, ()) == ("lint-frontend", "lint-backend", "lint-project")
    assert checks.alone("tests_backend", WHERE, ("-k", "api")) == ("tests_backend",)


def test_a_component_that_there_is_not_has_no_checks() -> None:
    alone = dataclasses.replace(WHERE, versions={"frontend": "2.0.0"})
    assert tuple(checks.steps(alone)) == ("tests_frontend", "lint-frontend", "lint-project")
    with pytest.raises(UnknownName, match="unknown part of the linters 'backend'"):
        checks.make("lint", alone, ("backend",))
    made = checks.make("lint", alone, ())
    assert made.images == ("frontend",)
    assert made.after == (engine.remove(f"{PROJECT}-lint-eslint"),)
    with pytest.raises(UnknownName, match="unknown component 'backend'"):
        checks.make("tests_backend", alone, ())
    other = checks.make("lint", dataclasses.replace(WHERE, versions={"shop": "1"}), ())
    assert (other.images, other.before, other.after) == ((), (), ())
    assert {name for name, _ in other.checks} == set(OWN)


@pytest.mark.parametrize("name", ["tests_backend", "tests_frontend", "lint"])
def test_what_a_check_starts_is_removed_after_it(name: str) -> None:
    made = checks.make(name, WHERE, ())
    named = [c.argv[c.argv.index("--name") + 1] for _, c in made.checks if "--name" in c.argv]
    removed = [word for command in made.after if command.argv[:2] == ("docker", "rm") for word in command.argv[4:]]
    assert sorted(named) == sorted(removed) != []


def test_the_sessions() -> None:
    assert set(CHECKS) == {"tests_backend", "tests_frontend", "lint", "shiplane", "docs", "proof", "bench"}
