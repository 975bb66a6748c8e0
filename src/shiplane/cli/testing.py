"""`invoke test`: which suites run, the environment for them, and what they said."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from shiplane.cli import checking
from shiplane.cli.plans import declared
from shiplane.cli.test_environment import KEPT
from shiplane.cli.test_orders import PICTURED, Orders, Wish
from shiplane.commands import git
from shiplane.errors import Interrupted, ShiplaneError, StepFailed, UsageError
from shiplane.facts import evidence, failed_before, listeners
from shiplane.facts.answers import told_by_git
from shiplane.pipeline import tested
from shiplane.planning import suites
from shiplane.report.suites_text import Ended
from shiplane.runners.base import now
from shiplane.runners.locks import held

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from shiplane.cli.app import App
    from shiplane.planning.suites import Part

    Say = Callable[[str], None]

__all__ = ["Testing", "Wish", "watch"]
_EDITS = "what is edited here"


class Testing:
    """Run suites for one wish; `say` hears what a person should see."""

    def __init__(self, app: App, wish: Wish, say: Say) -> None:
        self.app = app
        self.wish = wish
        self.say = say
        self.orders = Orders(app, wish)

    def check(self) -> None:
        """Raise `UnknownName` where a suite is called something else, `UsageError` where pictures cannot be taken."""
        chosen = suites.parts(declared(self.app), self.wish.suites)
        if self.wish.update_baseline and not any(part.name == PICTURED for part in chosen):
            raise UsageError(f"--update-baseline is for the suite {PICTURED}", f"name it too: --suite {PICTURED}")
        if self.wish.update_baseline and self.wish.headed:
            what = "pictures are those of the container's browser, which --headed leaves out"
            raise UsageError(what, "leave --headed out")

    def parts(self) -> tuple[Part, ...]:
        """Choose what runs; raises `UnknownName`."""
        chosen = suites.parts(declared(self.app), self.wish.suites)
        if self.wish.changed:
            chosen = suites.affected(chosen, _edited(self.app))
        if self.wish.last_failed:
            chosen = tuple(part for part in chosen if self._failed_before(part))
        return chosen

    def _failed_before(self, part: Part) -> object:
        asked: dict[str, Callable[..., object]] = {
            "backend": failed_before.of_pytest,
            "frontend": failed_before.of_vitest,
        }
        return asked.get(part.name, failed_before.of_playwright)(self.app.checkout / part.reports)

    def plan(self, chosen: Sequence[Part]) -> Iterator[str]:
        """Write what would run, a line each."""
        browser = any(part.in_browser for part in chosen)
        yield f"build {', '.join(self.orders.images(chosen))}"
        if browser and self.wish.clean:
            yield f"$ {self.orders.environment.ending().masked()}"
        if browser:
            yield f"$ {self.orders.environment.starting().masked()}"
        for part in chosen:
            yield f"suite {part.title}, reports in {part.reports}"
            yield from (f"$ {command.masked()}" for command in self.orders.all(part))
        if browser and not self.wish.keep:
            yield f"$ {self.orders.environment.ending().masked()}"

    @contextmanager
    def owning(self, chosen: Sequence[Part]) -> Iterator[None]:
        """Remove the environment at the end, unless it is to be kept or was kept before; raises `StepFailed`."""
        if not any(part.in_browser for part in chosen):
            yield
            return
        environment, kept = self.orders.environment, self.app.store.root / KEPT
        if self.wish.clean and not environment.stop():
            raise StepFailed("the environment of before could not be removed", f"see why: {environment.removal}")
        # What a killed run left is nobody's: only what was kept on purpose is.
        stays = self.wish.keep or (kept.exists() and environment.runs())
        kept.unlink(missing_ok=True)
        try:
            yield
        finally:
            if stays:
                kept.touch()
            elif not environment.stop():
                self.say(f"the environment could not be removed; see why: {environment.removal}")

    def kept(self, chosen: Sequence[Part]) -> dict[str, str]:
        """Say where the environment is that stays; empty where none does."""
        if not self.wish.keep or not any(part.in_browser for part in chosen):
            return {}
        environment = self.orders.environment
        return {
            "project": environment.project,
            "url": environment.address(),
            "remove": environment.removal,
        }

    def run(self, chosen: Sequence[Part]) -> list[Ended]:
        """Build, start what browser tests need, and run the parts one after the other; raises `StepFailed`."""
        self.say("building the images")
        ids = checking.build_images(self.app, ("development",), self.orders.components(chosen), self._hear)
        if self.orders.in_container(chosen):
            ids |= checking.build_runner(self.app, self._hear)
        self.orders.built(ids)
        if any(part.in_browser for part in chosen):
            self.say("starting the environment")
            self._start()
        return [self._ended(part) for part in chosen]

    def _start(self) -> None:
        """Start the environment; a port that somebody takes meanwhile is left to them. Raises `StepFailed`."""
        try:
            self.orders.environment.start(self._hear)
        except StepFailed as error:
            if not listeners.taken("\n".join(error.details)):
                raise
            self.say("somebody took one of its ports meanwhile: starting it at others")
            self.orders.look_again()
            self.orders.environment.start(self._hear)

    def _hear(self, line: str) -> None:
        """Pass on what builds and starts say, where it is wanted; what fails is told anyway."""
        if self.wish.verbose:
            self.say(line)

    def _ended(self, part: Part) -> Ended:
        self.say(f"suite {part.title}")
        source = tested.Source(self.app.checkout / part.reports, part.root)
        source.folder.mkdir(parents=True, exist_ok=True)
        act = self._browser(part) if part.in_browser else self._component(part)
        tested.clear(source.folder)
        (source.folder / failed_before.PYTEST).unlink(missing_ok=True)
        begun, failed = now(), None
        try:
            act()
        except StepFailed as error:
            failed = error
        return self._told(part, source, now() - begun, failed)

    def _component(self, part: Part) -> Callable[[], None]:
        check = self.orders.check(part)  # reads what failed before, which is about to be cleared
        name = f"tests_{part.name}"

        def act() -> None:
            # The session of this name would take the containers away.
            with held(self.app.store.root / "locks" / name, lambda: self.say(f"waiting for another {name}")):
                checking.carry_out(self.app, name, check, self.say)

        return act

    def _browser(self, part: Part) -> Callable[[], None]:
        command = self.orders.browser(part)

        def act() -> None:
            done = self.app.runner.run(command, on_line=self.say)
            if not done.ok:
                for line in self.orders.environment.logs("backend", "proxy"):
                    self.say(f"  | {line}")
                raise StepFailed(f"{part.name} failed", f"run: invoke test --suite {part.name}", done.tail())

        return act

    def _told(self, part: Part, source: tested.Source, seconds: float, failed: StepFailed | None) -> Ended:
        """Say how a part ended; a report that cannot be read must not hide that."""
        found: dict[str, Any] = {}
        try:
            cases = tested.read_cases(source)
            found = tested.fields(cases, tested.read_coverage(source.folder))
        except (OSError, ValueError) as error:
            self.say(f"the report of {part.title} cannot be read: {error}")
        shown = evidence.survey(self.app.checkout, part.reports)
        cause, last = (failed.cause, failed.details) if failed else ("", ())
        return Ended(part.name, part.suite, part.title, part.reports, seconds, cause, found, shown, last)


def _edited(app: App) -> tuple[str, ...]:
    """Name the files that differ from the last commit, new ones too; raises `UsageError`."""
    listed = told_by_git(app.runner, git.edited(), _EDITS) + "\0" + told_by_git(app.runner, git.untracked(), _EDITS)
    return tuple(dict.fromkeys(name for name in listed.split("\0") if name))


def watch(testing: Testing, again: Callable[[], App], show: Callable[[Sequence[Ended]], None]) -> None:
    """Run, then run what each edit may change, until it is interrupted; `again` gives the checkout as it is then."""
    say, app = testing.say, testing.app
    first = testing.parts()
    whole = suites.parts(declared(app), testing.wish.suites)
    # Pictures are taken once: taken with each edit they would be edits themselves.
    wish = replace(testing.wish, changed=False, last_failed=False, clean=False, update_baseline=False)
    with testing.owning(whole):
        _round(testing, first, show)
        say("watching; Ctrl-C ends it")
        for names in app.world.changes(app.checkout):
            chosen = suites.affected(whole, names)
            if chosen:
                say(f"changed: {', '.join(sorted(names)[:3])}")
                _round(Testing(again(), wish, say), chosen, show)
                say("watching; Ctrl-C ends it")


def _round(testing: Testing, chosen: Sequence[Part], show: Callable[[Sequence[Ended]], None]) -> None:
    """Run parts and show how they ended; a failure ends the round alone."""
    from shiplane.report.errors_text import render_error  # noqa: PLC0415 - --watch alone

    if not chosen:
        return
    try:
        show(testing.run(chosen))
    except Interrupted:
        raise
    except ShiplaneError as error:
        testing.say(render_error(error))
