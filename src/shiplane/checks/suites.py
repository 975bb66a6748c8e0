"""The sessions of the application and of Shiplane itself."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from shiplane.checks.check import Check
from shiplane.commands import engine, stack
from shiplane.errors import UnknownName
from shiplane.model import Command
from shiplane.planning.inputs import REPORTS
from shiplane.planning.naming import TEST_RUNNER, development_tag

SITE = ".shiplane/site"
"""Where the documentation's site is made."""

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping


@dataclass(frozen=True, slots=True)
class Surroundings:
    """Tell what a check depends on: the checkout's id, component versions, the folder of Python programs.

    `files` are what the linters of shell scripts, Dockerfiles, YAML and workflows look at, by kind; `coverage` is the
    part of its lines, in percent, that a component's tests must reach where the configuration asks for one. `ids` are
    those of images by name, where they are known: a name is the machine's, and another checkout may give it to what it
    builds meanwhile.
    """

    checkout_id: str
    versions: Mapping[str, str]
    programs: str
    files: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    coverage: Mapping[str, int] = field(default_factory=dict)
    ids: Mapping[str, str] = field(default_factory=dict)

    def image(self, component: str) -> str:
        """Give a component's development image."""
        return self._known(development_tag(component, self.versions[component]))

    @property
    def runner(self) -> str:
        """Give the image of the browser tests."""
        return self._known(TEST_RUNNER)

    def _known(self, name: str) -> str:
        return self.ids.get(name, name)

    def project(self, purpose: str) -> str:
        """Give the compose project of a check; every checkout has its own."""
        return f"app-test-{self.checkout_id}-{purpose}"

    def compose_env(self) -> dict[str, str]:
        """Give the variables of a test stack that nobody outside connects to."""
        return self.any_ports() | self.images()

    def any_ports(self) -> dict[str, str]:
        """Give the variables of the test stack's ports; 0 takes any free one."""
        return {f"TEST_{name}_PORT": "0" for name in stack.TEST_PORTS}

    def images(self) -> dict[str, str]:
        """Give the variables of the development images."""
        return {f"{name.upper()}_DEV_IMAGE": self.image(name) for name in self.versions}


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


def lint(where: Surroundings, _arguments: tuple[str, ...]) -> Check:
    """Look at everything that people write here; all findings are told, not the first alone."""
    listed = [(name, component, argv) for name, component, argv in _LINTERS if component in where.versions]
    names = {name: f"{where.project('lint')}-{name}" for name, _, _ in listed}
    in_images = [
        (name, engine.run_tests(where.image(component), names[name], argv, {"HOME": "/tmp"}))  # noqa: S108 - in the container
        for name, component, argv in listed
    ]
    clear = (engine.remove(*names.values()),) if names else ()
    return Check(
        images=tuple(dict.fromkeys(component for _, component, _ in listed)),
        before=clear,
        checks=(*in_images, *_own(where)),
        after=clear,
        parallel=2,
    )


# The slowest comes first; those of a component that the project does not have are left out.
_LINTERS = (
    ("eslint", "frontend", ("npm", "run", "lint")),
    ("black", "backend", ("black", "--check", "--quiet", ".")),
    ("isort", "backend", ("isort", "--check", "--quiet", ".")),
    ("flake8", "backend", ("flake8",)),
)


def _own(where: Surroundings) -> list[tuple[str, Command]]:
    """Give the linters of Shiplane's own sources, shell scripts, Dockerfiles and YAML files."""
    python = ("src", "tests", "docs", "noxfile.py", "tasks.py")
    checks: list[tuple[str, tuple[str, ...]]] = [
        ("ruff", ("ruff", "check", *python)),
        ("ruff format", ("ruff", "format", "--check", *python)),
        ("mypy", ("mypy",)),
        ("import contracts", ("lint-imports",)),
    ]
    by_kind = (
        ("shellcheck", ("shellcheck", "-x"), "shell"),
        ("hadolint", ("hadolint",), "dockerfile"),
        ("yamllint", ("yamllint", "--strict", "--format", "parsable"), "yaml"),
        ("actionlint", ("actionlint",), "workflow"),
        ("zizmor", ("zizmor", "--offline", "--no-progress", "--quiet"), "workflow"),
        ("workflow schema", ("check-jsonschema", "--builtin-schema", "vendor.github-workflows"), "workflow"),
    )
    checks += [(name, (*argv, *where.files[kind])) for name, argv, kind in by_kind if where.files.get(kind)]
    checks += [("topology", ("python", "-m", "shiplane.cli.session", "topology"))]
    return [(name, Command((f"{where.programs}/{argv[0]}", *argv[1:]))) for name, argv in checks]


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
    """Run the long matrices: property tests with thousands of examples, deploys under load, faults, killed runs."""
    chosen = arguments or ("tests/unit", "tests/integration/test_compose_dotenv.py", *_PROVED)
    profile = ("--hypothesis-profile=proof", "--timeout=7200")
    return _pytest(where, *profile, *chosen)


def bench(where: Surroundings, arguments: tuple[str, ...]) -> Check:
    """Time the tool itself, builds and deploys beside Docker's own, the pipeline beside the same steps in bash."""
    return _pytest(where, "--timeout=7200", *(arguments or _TIMED))


# Called by name alone: their names keep them out of what pytest collects by itself.
_TIMED = tuple(f"tests/proof/bench_{name}.py" for name in ("engine", "images", "deploys", "pipeline"))
_PROVED = ("tests/proof/prove_load.py", "tests/proof/prove_faults.py", "tests/proof/prove_resume.py")


def _pytest(where: Surroundings, *words: str) -> Check:
    return Check(checks=(("pytest", Command((f"{where.programs}/python", "-m", "pytest", *words))),))


CHECKS: Mapping[str, Callable[[Surroundings, tuple[str, ...]], Check]] = {
    "tests_backend": tests_backend,
    "tests_frontend": tests_frontend,
    "lint": lint,
    "shiplane": shiplane,
    "docs": docs,
    "proof": proof,
    "bench": bench,
}


_TESTED = {"tests_backend": "backend", "tests_frontend": "frontend"}


def leaves(where: Surroundings) -> tuple[str, ...]:
    """Name the checks of the application that its components have.

    What an interrupted one may leave is removed by the commands that it ends with itself.
    """
    return (*(name for name, component in _TESTED.items() if component in where.versions), "lint")


def make(name: str, where: Surroundings, arguments: tuple[str, ...]) -> Check:
    """Make a check by its session's name; raises `UnknownName` for tests of a component that there is not."""
    component = _TESTED.get(name)
    if component is not None and component not in where.versions:
        raise UnknownName("component", component, where.versions)
    return CHECKS[name](where, arguments)
