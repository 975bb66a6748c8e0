"""The sessions of the application and of Shiplane itself."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from shiplane.checks import linters
from shiplane.checks.check import Check
from shiplane.commands import engine, stack
from shiplane.errors import UnknownName
from shiplane.model import Command
from shiplane.planning.inputs import REPORTS

SITE = ".shiplane/site"
"""Where the documentation's site is made."""

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from shiplane.checks.surroundings import Surroundings


def tests_backend(where: Surroundings, arguments: tuple[str, ...]) -> Check:
    """Run pytest in the development image, on a PostgreSQL and a Redis of its own."""
    project, env = where.project("backend"), where.compose_env()
    container = f"{project}-tests"
    reports = "/app/reports"
    coverage = (
        "--cov",
        "--cov-report=term",
        f"--cov-report=xml:{reports}/coverage.xml",
        f"--cov-report=html:{reports}/html",
    )
    # The older form of the report is the one that names file and line of a test.
    junit = ("-o", "junit_family=xunit1", f"--junitxml={reports}/junit.xml")
    pytest = ("pytest", "-n", "auto", *coverage, *_least(where, arguments), *junit, *arguments)
    return Check(
        images=("backend",),
        before=(engine.remove(container), stack.down(project, env), stack.up(project, ("db", "redis"), env)),
        checks=(("pytest", stack.run(project, container, "backend", pytest, env)),),
        keep=(engine.copy_out(container, reports, f"{REPORTS}/backend"),),
        after=(engine.remove(container), stack.down(project, env)),
    )


def _least(where: Surroundings, arguments: tuple[str, ...]) -> tuple[str, ...]:
    """Say how much pytest has to reach: of a selection nothing is asked."""
    if _selects(arguments):
        return ("--cov-fail-under=0",)
    percent = where.coverage.get("backend", 0)
    return (f"--cov-fail-under={percent}",) if percent else ()


# They change what is printed, not which tests run.
_TALK = ("-v", "-vv", "-q", "--reporter=verbose", "--reporter=junit")


def _selects(arguments: tuple[str, ...]) -> bool:
    return any(word not in _TALK for word in arguments)


def tests_that_failed(where: Surroundings, arguments: tuple[str, ...], record: str) -> Check:
    """Run the backend's tests that failed before, by pytest's own record of them, which the container gets first."""
    made = tests_backend(where, ("--last-failed", *arguments))
    ((label, command),) = made.checks
    at = command.argv.index("pytest")
    argv = (*command.argv[:at], *_WITH_RECORD, *command.argv[at:])
    return replace(made, checks=((label, replace(command, argv=argv, stdin=record)),))


_WITH_RECORD = ("sh", "-euc", 'mkdir -p "$0"; cat >"$0/lastfailed"; exec "$@"', "/app/reports/.pytest_cache/v/cache")


def named_again(cases: Iterable[tuple[str, str]]) -> tuple[str, ...]:
    """Give the words that make vitest run tests alone, named by file and `suite > test`."""
    listed = sorted(set(cases))
    # The report writes ` > ` where vitest itself has a space; a name may hold one of its own.
    names = "|".join(re.escape(name).replace(re.escape(" > "), " (> )?") for _, name in listed)
    return (*dict.fromkeys(file for file, _ in listed), "-t", f"^({names})$")


def tests_frontend(where: Surroundings, arguments: tuple[str, ...]) -> Check:
    """Run vitest in the development image."""
    container = f"{where.project('frontend')}-tests"
    percent = where.coverage.get("frontend", 0)
    if _selects(arguments):
        arguments = ("--coverage.enabled=false", *arguments)
    elif percent:
        arguments = (f"--coverage.thresholds.lines={percent}", *arguments)
    rest = ("--", *arguments) if arguments else ()
    argv = ("npm", "run", "test:run", *rest)
    return Check(
        images=("frontend",),
        before=(engine.remove(container),),
        checks=(("vitest", engine.run_tests(where.image("frontend"), container, argv, {"CI": "1", "NO_COLOR": "1"})),),
        keep=(engine.copy_out(container, "/app/reports", f"{REPORTS}/frontend"),),
        after=(engine.remove(container),),
    )


def shiplane(where: Surroundings, arguments: tuple[str, ...]) -> Check:
    """Run Shiplane's own quick tests; `-- tests` runs all of them."""
    return _pytest(where, *(arguments or ("tests/unit", "tests/cases", "tests/cli")))


def docs(where: Surroundings, _arguments: tuple[str, ...]) -> Check:
    """Make the documentation's site from nothing; whatever is wrong in it fails, a link that leads nowhere too."""
    strict = ("--builder", "html", "--fail-on-warning", "--nitpicky", "--fresh-env", "--quiet")
    places = ("--conf-dir", "docs/site", "--doctree-dir", f"{SITE}.doctrees", "docs", SITE)
    python = f"{where.programs}/python"
    return Check(
        before=(Command(("rm", "-rf", SITE)),),
        checks=(
            ("links", Command((python, "-m", "shiplane.cli.session", "links"))),
            ("sphinx", Command((python, "-m", "sphinx", *strict, *places))),
        ),
        parallel=2,
    )


def proof(where: Surroundings, arguments: tuple[str, ...]) -> Check:
    """Run the long matrices: properties with thousands of examples, deploys under load, faults, killed runs, pages."""
    chosen = arguments or ("tests/unit", "tests/integration/test_compose_dotenv.py", *_PROVED)
    profile = ("--hypothesis-profile=proof", "--timeout=7200")
    return _pytest(where, *profile, *chosen)


def bench(where: Surroundings, arguments: tuple[str, ...]) -> Check:
    """Time the tool itself, builds and deploys beside Docker's own, the pipeline beside the same steps in bash."""
    return _pytest(where, "--timeout=7200", *(arguments or _TIMED))


# Called by name alone: their names keep them out of what pytest collects by itself.
_TIMED = tuple(f"tests/proof/bench_{name}.py" for name in ("engine", "images", "deploys", "pipeline"))
_PROVED = tuple(f"tests/proof/prove_{name}.py" for name in ("load", "faults", "resume", "pages", "images"))


def _pytest(where: Surroundings, *words: str) -> Check:
    return Check(checks=(("pytest", Command((f"{where.programs}/python", "-m", "pytest", *words))),))


CHECKS: Mapping[str, Callable[[Surroundings, tuple[str, ...]], Check]] = {
    "tests_backend": tests_backend,
    "tests_frontend": tests_frontend,
    "lint": linters.lint,
    "shiplane": shiplane,
    "docs": docs,
    "proof": proof,
    "bench": bench,
}


_TESTED = {"tests_backend": "backend", "tests_frontend": "frontend"}


def steps(where: Surroundings) -> dict[str, Check]:
    """Give the checks of the application as a run has them, by the name under which each is alone in a checkout.

    What an interrupted one may leave is removed by the commands that it ends with itself.
    """
    tested = (name for name, component in _TESTED.items() if component in where.versions)
    parts = {linters.alone(part): linters.lint(where, (part,)) for part in linters.parts(where)}
    return {name: make(name, where, ()) for name in tested} | parts


def alone(name: str, where: Surroundings, arguments: tuple[str, ...]) -> tuple[str, ...]:
    """Name all under which a session is alone in a checkout: two of one name would take each other's containers away.

    Raises `UnknownName` for a part of the linters that there is not.
    """
    if name != "lint":
        return (name,)
    return tuple(linters.alone(part) for part in linters.chosen(where, arguments))


def make(name: str, where: Surroundings, arguments: tuple[str, ...]) -> Check:
    """Make a check by its session's name; raises `UnknownName` for tests of a component that there is not."""
    component = _TESTED.get(name)
    if component is not None and component not in where.versions:
        raise UnknownName("component", component, where.versions)
    return CHECKS[name](where, arguments)
