"""What each part of the application's suites runs, for one wish of `invoke test`."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

from shiplane import checks
from shiplane.cli import leftovers
from shiplane.cli.test_environment import SUITES, Environment
from shiplane.errors import UsageError
from shiplane.facts import dotenv_file, failed_before, listeners
from shiplane.model import Command, Secret
from shiplane.planning import images, test_ports
from shiplane.planning.inputs import REPORTS
from shiplane.planning.naming import TEST_RUNNER

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from shiplane.cli.app import App
    from shiplane.planning.suites import Part

PICTURED = "visual"
"""The suite that compares with pictures."""
BASELINE = f"testing/tests/{PICTURED}/baseline"
PLAYWRIGHT = "testing/node_modules/.bin/playwright"
# As testing/playwright.config.ts has it.
_CHROMIUM, _CHROMIUM_VARIABLE = "/usr/bin/chromium", "CHROMIUM_PATH"
_TALK = {"backend": ("-vv",), "frontend": ("--reporter=verbose", "--reporter=junit")}


@dataclass(frozen=True, slots=True)
class Wish:
    """Hold what was asked for; `suites` empty means all."""

    suites: tuple[str, ...] = ()
    changed: bool = False
    last_failed: bool = False
    clean: bool = False
    verbose: bool = False
    headed: bool = False
    keep: bool = False
    update_baseline: bool = False


class Orders:
    """Make commands of parts."""

    def __init__(self, app: App, wish: Wish) -> None:
        self.app = app
        self.wish = wish
        self.where = leftovers.surroundings(app)

    def built(self, ids: Mapping[str, str]) -> None:
        """Go by the ids of what was built."""
        self.where = replace(self.where, ids=ids)
        self.look_again()

    def look_again(self) -> None:
        """Choose the ports of the environment anew when it is next asked for: a build takes its time."""
        self.__dict__.pop("environment", None)

    @property
    def variables(self) -> dict[str, str]:
        """Give what Compose would set in its files: the environment's variables, before those of `.env`."""
        return dotenv_file.values(dotenv_file.read(self.app.checkout)) | self.app.environ

    @cached_property
    def environment(self) -> Environment:
        """Give the test environment, at the ports that are free now; raises `PortTaken`."""
        held, project = listeners.survey(self.app.runner), self.where.project(SUITES)
        ports = test_ports.choose(held, project, self.variables)
        return Environment(self.app, self.where, SUITES, self.app.checkout / REPORTS, ports)

    def images(self, chosen: Sequence[Part]) -> tuple[str, ...]:
        """Name the images that the parts need."""
        listed = images.builds(self.app.config, self.app.facts, "development", self.components(chosen))
        return (*(one.tag for one in listed), *((TEST_RUNNER,) if self.in_container(chosen) else ()))

    def components(self, chosen: Sequence[Part]) -> tuple[str, ...]:
        """Name the components whose images the parts need; none stands for all."""
        return () if any(part.in_browser for part in chosen) else tuple(part.name for part in chosen)

    def in_container(self, chosen: Sequence[Part]) -> bool:
        """Tell whether browser tests run in their container."""
        return not self.wish.headed and any(part.in_browser for part in chosen)

    def all(self, part: Part) -> tuple[Command, ...]:
        """Give all that a part runs once its images and environment are there."""
        if part.in_browser:
            return (self.browser(part),)
        check = self.check(part)
        return (*check.before, *(command for _, command in check.checks), *check.keep, *check.after)

    def check(self, part: Part) -> checks.Check:
        """Give the check of a component's tests."""
        talk, reports = _TALK[part.name] if self.wish.verbose else (), self.app.checkout / part.reports
        if self.wish.last_failed and part.name == "backend":
            return checks.tests_that_failed(self.where, talk, failed_before.of_pytest(reports))
        again = checks.named_again(failed_before.of_vitest(reports)) if self.wish.last_failed else ()
        return checks.make(f"tests_{part.name}", self.where, (*talk, *again))

    def browser(self, part: Part) -> Command:
        """Give the command of a suite of browser tests."""
        baseline = self.wish.update_baseline and part.name == PICTURED
        words = [f"--project={part.name}"]
        words += ["--last-failed"] if self.wish.last_failed else []
        words += ["--update-snapshots=all"] if baseline else []
        if self.wish.headed:
            return self._on_screen(part, (*words, "--headed"))
        volume = f"{self.app.checkout / BASELINE}:/{BASELINE}" if baseline else ""
        return self.environment.testing(tuple(words), part.name, volume)

    def _on_screen(self, part: Part, words: tuple[str, ...]) -> Command:
        """Run a suite's browser here, where a person sees it."""
        told: dict[str, str | Secret] = {
            "BASE_URL": self.environment.address() or "http://127.0.0.1:PORT",
            "BOARD_TOKEN": Secret("TEST_BOARD_TOKEN", self.variables.get("TEST_BOARD_TOKEN") or "test-token"),
            "REPORTS_DIR": str(self.app.checkout / part.reports),
        }
        program = str(self.app.checkout / PLAYWRIGHT)
        return Command((program, "test", *words), env=tuple(told.items()), cwd="testing")


def check_screen(app: App) -> None:
    """Raise `UsageError` where no browser can be shown."""
    # On a Mac windows need no variable.
    if sys.platform != "darwin" and not (app.environ.get("DISPLAY") or app.environ.get("WAYLAND_DISPLAY")):
        raise UsageError("--headed needs a screen, and DISPLAY is not set", "leave --headed out")
    if not (app.checkout / PLAYWRIGHT).exists():
        raise UsageError(f"--headed runs on this machine, and {PLAYWRIGHT} is not there", "run ./scripts/bootstrap")
    browser = app.environ.get(_CHROMIUM_VARIABLE) or _CHROMIUM
    if not os.access(browser, os.X_OK):
        cause = f"--headed shows the browser of this machine, and {browser} is none"
        raise UsageError(cause, f"install Chromium, or set {_CHROMIUM_VARIABLE} to the program of yours")
