"""The linters, in parts: those of each component, which run in its image, and the project's own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shiplane.checks.check import Check
from shiplane.commands import engine
from shiplane.errors import UnknownName
from shiplane.model import Command
from shiplane.planning.linted import PROJECT, PYTHON

if TYPE_CHECKING:
    from shiplane.checks.surroundings import Surroundings

# The slowest comes first; those of a component that the project does not have are left out.
_OF_COMPONENTS = (
    ("eslint", "frontend", ("npm", "run", "lint")),
    ("black", "backend", ("black", "--check", "--quiet", ".")),
    ("isort", "backend", ("isort", "--check", "--quiet", ".")),
    ("flake8", "backend", ("flake8",)),
)


def parts(where: Surroundings) -> tuple[str, ...]:
    """Name the parts that there are, in their order: components that have linters, and the project."""
    return (*dict.fromkeys(component for _, component, _ in _OF_COMPONENTS if component in where.versions), PROJECT)


def chosen(where: Surroundings, arguments: tuple[str, ...]) -> tuple[str, ...]:
    """Give the parts named, in their order, all where none is; raises `UnknownName`."""
    known = parts(where)
    for name in arguments:
        if name not in known:
            raise UnknownName("part of the linters", name, known)
    return tuple(part for part in known if part in arguments) if arguments else known


def alone(part: str) -> str:
    """Name what runs alone of its kind in a checkout; the parts themselves run side by side."""
    return f"lint-{part}"


def lint(where: Surroundings, arguments: tuple[str, ...]) -> Check:
    """Look at all that people write in the parts named; all findings are told, not the first alone."""
    wanted = chosen(where, arguments)
    listed = [(name, component, argv) for name, component, argv in _OF_COMPONENTS if component in wanted]
    names = {name: f"{where.project('lint')}-{name}" for name, _, _ in listed}
    in_images = [
        (name, engine.run_tests(where.image(component), names[name], argv, {"HOME": "/tmp"}))  # noqa: S108 - in the container
        for name, component, argv in listed
    ]
    clear = (engine.remove(*names.values()),) if names else ()
    return Check(
        images=tuple(dict.fromkeys(component for _, component, _ in listed)),
        before=clear,
        checks=(*in_images, *(_own(where) if PROJECT in wanted else ())),
        after=clear,
        parallel=2,
    )


def _own(where: Surroundings) -> list[tuple[str, Command]]:
    """Give the linters of Shiplane's own sources, shell scripts, Dockerfiles and YAML files."""
    checks: list[tuple[str, tuple[str, ...]]] = [
        ("ruff", ("ruff", "check", *PYTHON)),
        ("ruff format", ("ruff", "format", "--check", *PYTHON)),
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
