"""The test environment: the whole stack on its own, with the browser tests against it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from shiplane.commands import stack
from shiplane.errors import StepFailed
from shiplane.planning.naming import TEST_RUNNER

if TYPE_CHECKING:
    from collections.abc import Callable

    from shiplane.checks import Surroundings
    from shiplane.cli.app import App


def run_suites(app: App, where: Surroundings, arguments: tuple[str, ...], say: Callable[[str], None]) -> None:
    """Start the stack, run Playwright in it and take it down; raises `StepFailed`."""
    project = where.project("e2e")
    reports = app.store.reports("e2e")
    user = f"{os.getuid()}:{os.getgid()}"
    own = {"TEST_RUNNER_IMAGE": TEST_RUNNER, "TEST_REPORTS": str(reports), "TEST_USER": user}
    env = where.compose_env() | own
    argv = ("npx", "playwright", "test", *arguments)
    app.runner.run(stack.down(project, env))
    try:
        started = app.runner.run(stack.up(project, (), env), on_line=say)
        if not started.ok:
            raise StepFailed("the test environment did not get healthy", "see the lines above", started.tail())
        tested = app.runner.run(
            stack.compose(project, ("run", "--rm", "--no-deps", "--no-TTY", "test-runner", *argv), env, stack.TEST),
            on_line=say,
        )
    finally:
        app.runner.run(stack.down(project, env))
    if not tested.ok:
        raise StepFailed("browser tests failed", f"open {reports}/html/index.html", tested.tail())
