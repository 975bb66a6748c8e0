"""The test environment: the whole stack on its own, with the browser tests against it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from shiplane.commands import stack
from shiplane.errors import StepFailed

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from shiplane.checks import Surroundings
    from shiplane.cli.app import App
    from shiplane.model import Command

    Say = Callable[[str], None]

E2E = "e2e"
SUITES = "suites"
"""What an environment is for: the session `e2e`, or `invoke test`."""
LOCKS = {"e2e": E2E, "test": SUITES}
"""The lock under which each is used."""
KEPT = "test-environment-kept"
"""File below `.shiplane` that says that the environment of `invoke test` is there on purpose."""
_HTTP = 80
_LOGGED = 20


class Environment:
    """Start and stop a test environment, and run browser tests in it.

    It is a Compose project of this checkout's own, so that no other stack's containers, networks or volumes are its.
    `ports` are variables with the ports that it publishes; `reports` is a folder on this machine.
    """

    def __init__(self, app: App, where: Surroundings, purpose: str, reports: Path, ports: Mapping[str, str]) -> None:
        self.runner = app.runner
        self.project = where.project(purpose)
        user = f"{os.getuid()}:{os.getgid()}"
        own = {"TEST_RUNNER_IMAGE": where.runner, "TEST_REPORTS": str(reports), "TEST_USER": user}
        self.env = where.images() | dict(ports) | own

    def runs(self) -> bool:
        """Tell whether containers of it are there already."""
        return bool(self.runner.run(stack.containers(self.project, self.env)).stdout.strip())

    def is_there(self) -> bool:
        """Tell whether any container or network of it is there; asked without Compose, which takes its time."""
        return any(self.runner.run(question).stdout.strip() for question in stack.parts(self.project))

    def starting(self) -> Command:
        """Give what starts it."""
        return stack.up(self.project, (), self.env)

    def ending(self) -> Command:
        """Give what removes it, with all its data."""
        return stack.down(self.project, self.env)

    def testing(self, arguments: tuple[str, ...], folder: str = "", volume: str = "") -> Command:
        """Give what runs Playwright in it; `folder`, below the reports, takes what it writes."""
        return stack.browser_tests(self.project, arguments, self.env, folder, volume)

    def start(self, say: Say) -> None:
        """Start it and wait until it is healthy; raises `StepFailed` with the states and last lines of its services."""
        started = self.runner.run(self.starting(), on_line=say)
        if not started.ok:
            asked = (stack.states(self.project, self.env), stack.last_lines(self.project, self.env))
            told = [line for question in asked for line in self.runner.run(question).output.splitlines()]
            fix = "see the lines above; invoke test --clean begins with a fresh one"
            raise StepFailed("the test environment did not get healthy", fix, (*told, *started.tail()))

    @property
    def removal(self) -> str:
        """Give the line by which a person removes it."""
        return f"docker compose --project-name {self.project} down --volumes"

    def stop(self) -> bool:
        """Remove it, with all its data; tell whether it is gone."""
        return self.runner.run(self.ending()).ok

    def address(self) -> str:
        """Give the address of its proxy on this machine."""
        answer = self.runner.run(stack.published(self.project, "proxy", _HTTP, self.env))
        return f"http://{answer.stdout.strip()}" if answer.ok and answer.stdout.strip() else ""

    def logs(self, *services: str) -> tuple[str, ...]:
        """Give the last lines of services."""
        return self.runner.run(stack.last_lines(self.project, self.env, *services, tail=_LOGGED)).tail()


def run_suites(app: App, where: Surroundings, arguments: tuple[str, ...], say: Say) -> None:
    """Start a stack, run Playwright in it and take it down; raises `StepFailed`."""
    reports = app.store.reports("e2e")
    environment = Environment(app, where, E2E, reports, where.any_ports())
    environment.stop()
    try:
        environment.start(say)
        tested = app.runner.run(environment.testing(arguments), on_line=say)
    finally:
        environment.stop()
    if not tested.ok:
        raise StepFailed("browser tests failed", f"open {reports}/html/index.html", tested.tail())


def remove_left(app: App, where: Surroundings, purpose: str) -> None:
    """Remove what a killed command has left of an environment; one that was kept on purpose stays."""
    environment = Environment(app, where, purpose, app.store.reports(purpose), where.any_ports())
    kept = purpose == SUITES and (app.store.root / KEPT).exists()
    if not kept and environment.is_there():
        environment.stop()
