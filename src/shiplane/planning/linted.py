"""What linters look at: one place for the sessions that run them and for the steps that declare it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shiplane.planning.keys import matcher

if TYPE_CHECKING:
    from collections.abc import Iterable

PROJECT = "project"
"""The part that belongs to no component: Shiplane's own sources, and by kind what stands anywhere in the checkout."""
PYTHON = ("src", "tests", "docs", "noxfile.py", "tasks.py")
"""Files and folders of Python that are no component's."""
KINDS = {
    "shell": (
        "**/*.sh",
        "scripts/bootstrap",
        "scripts/demo",
        "scripts/lock",
        "scripts/onboard",
        "scripts/sequential",
        "scripts/test",
        ".ci/run",
    ),
    "dockerfile": ("**/*Dockerfile",),
    "yaml": ("**/*.yml", "**/*.yaml"),
    "workflow": (".github/workflows/**",),
}
"""Patterns of the files that have linters of their own, wherever they stand, by kind."""
PROJECT_FILES = (
    # Compose files, and the configuration of every linter, which looks for it in the root.
    "*",
    "src/**",
    "tests/**",
    "docs/**/*.py",
    ".github/**",
    *(pattern for patterns in KINDS.values() for pattern in patterns),
)
"""Patterns of all that the project's part reads: no source of a component, and none of the browser tests."""
UNREAD = ("*.md", "LICENSE", ".env")
"""What stands in the root and no linter reads: prose, and the variables of this checkout's own stacks."""


def by_kind(names: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """Sort paths in the checkout by the linters that look at them."""
    listed = tuple(names)
    found = {kind: matcher(patterns) for kind, patterns in KINDS.items()}
    return {kind: tuple(name for name in listed if wanted.fullmatch(name)) for kind, wanted in found.items()}
