"""One run: plan → show → execute → journal → reports → exit code, for the pipeline and for single commands alike."""

from __future__ import annotations

import getpass
import os
import socket
import sys
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from shiplane.cli.boards import Boards
from shiplane.cli.place import Place, group
from shiplane.cli.plans import estimates
from shiplane.cli.signals import terminable
from shiplane.errors import Interrupted, ShiplaneError
from shiplane.model import Secret
from shiplane.model.identity import checkout_id
from shiplane.pipeline.journal import Journal, read
from shiplane.runners import process
from shiplane.runners.base import Cancel

if TYPE_CHECKING:
    from collections.abc import Callable

    from shiplane.cli.app import App
    from shiplane.model import Host, Outcome, Plan, Release
    from shiplane.pipeline.environments import Environments
    from shiplane.pipeline.execute import Action
    from shiplane.pipeline.reuse import Reuse
    from shiplane.pipeline.target import Target
    from shiplane.report.view import View
    from shiplane.runners.base import Runner

_LEAST_PARALLEL = 2
_ALONE = ("pipeline",)


@dataclass(frozen=True, slots=True)
class Manner:
    """Say how a plan is carried out, and by which `command`."""

    command: str = ""
    reuse: bool = True
    """Whether results of earlier runs may count."""
    parallel: int = 0
    """So many steps may run side by side; 0: as configured."""
    fail_fast: bool = False
    """Whether a failure stops what runs beside it."""
    cancel: bool = True
    """Whether an older run of the same branch and target is asked to end, not waited for."""
    older: bool = False
    """Whether production may get a release that is older than what serves there."""


class Run:
    """Carry out one plan and tell of it."""

    def __init__(  # noqa: PLR0913 - what is asked for, each by name
        self,
        app: App,
        target: Target,
        plan: Plan,
        *,
        view: View,
        strategy: str = "",
        allowed: tuple[str, ...] = (),
        restore_database: bool = False,
        manner: Manner | None = None,
        again: Callable[[], Plan] | None = None,
    ) -> None:
        self.app = app
        self.target = target
        self.plan = plan
        self.view = replace(view, github=app.environ.get("GITHUB_ACTIONS") == "true")
        self.number, self.folder = app.store.new_run(app.environ)
        self.id = run_id(app, self.number)
        self.journal = Journal(self.folder)
        self.environments = open_environments(app, target, self.id)
        self.environments.strategy, self.environments.allowed = strategy, allowed
        self.restore_database = restore_database
        self.manner = manner or Manner()
        self.again = again or (lambda: plan)
        alone = group(app, target, plan.event) if self.manner.command in _ALONE else ""
        self.place = Place(app, self.journal, self.id, alone)
        self.boards = Boards(app, target, self.journal, self.id)

    def execute(self, release: Release | None = None, rollback_to: str | None = None) -> int:
        """Run the plan and give the exit code; everything that was opened is closed, whatever happens."""
        with terminable(), ExitStack() as last_words:
            with self.place:
                self._take_turn()
                code = self._shown(release, rollback_to, last_words)
            self._summarise()
            self.app.store.drop_runs(self.app.config.keep_runs, self.app.results.runs)
        return code

    def _take_turn(self) -> None:
        """Wait until no older run of the group goes on; what it has done by then counts for the plan."""
        try:
            if self.place.take_turn(cancel=self.manner.cancel):
                self.app.look_again()
                self.plan = self.again()
        except ShiplaneError as error:
            self._write_start()
            self.journal.write("note", text=error.cause)
            self._end_early(error)
            raise

    def _end_early(self, error: ShiplaneError) -> None:
        """Record that the run ended before it came to its steps."""
        status = "cancelled" if isinstance(error, Interrupted) else "failed"
        self.journal.write("run_ended", status=status, exit_code=error.exit_code, seconds=0.0)

    def _shown(self, release: Release | None, rollback_to: str | None, last_words: ExitStack) -> int:
        from shiplane.report.console import live  # noqa: PLC0415 - only runs show one

        before = estimates(self.app.store, but=self.folder)
        console = live(sys.stdout, self.view, estimates=before, log_file=self.journal.log_file)
        self.journal.listeners.append(console.on_record)
        self.journal.lines.append(console.on_line)
        console.start()
        try:
            self._write_start()
            self.place.tell()
            return self._journaled(release, rollback_to, last_words)
        except KeyboardInterrupt:
            error = self.place.why("beginning")
            self._end_early(error)
            raise error from None
        finally:
            console.stop()
            self.boards.close()

    def _journaled(self, release: Release | None, rollback_to: str | None, last_words: ExitStack) -> int:
        from shiplane.pipeline.ahead import Ahead  # noqa: PLC0415 - see execute()
        from shiplane.pipeline.execute import Execution  # noqa: PLC0415
        from shiplane.pipeline.interrupts import deferred  # noqa: PLC0415
        from shiplane.runners.base import now  # noqa: PLC0415
        from shiplane.runners.connection import import_ahead  # noqa: PLC0415

        started = now()
        if any(step.environment for step in self.plan.steps):
            import_ahead()
            self.journal.listeners.append(Ahead(self.plan, self.environments.reach).on_record)
        actions = self._actions(release, rollback_to)
        self.boards.tell()
        parallel = self.manner.parallel or self.app.config.parallel or max(_LEAST_PARALLEL, process.cores())
        words = (self.plan, self.journal, actions, parallel)
        execution = Execution(*words, fail_fast=self.manner.fail_fast, why=self.place.why)
        # To the last word: what happened to a server must be told, however often Ctrl-C is pressed.
        last_words.enter_context(deferred(execution.ask_to_stop))
        try:
            outcomes = execution.run()
        finally:
            self.environments.close()
            self.place.clear(killed=execution.killed)
        code = exit_code(outcomes)
        status = {0: "passed", 130: "cancelled"}.get(code, "failed")
        self.journal.write("run_ended", status=status, exit_code=code, seconds=round(now() - started, 3))
        self.place.leave()
        return code

    def _write_start(self) -> None:
        event, facts = self.plan.event, self.app.facts
        self.journal.write(
            "run_started",
            id=self.id,
            number=self.number,
            command=self.manner.command,
            event={"name": event.name, "branch": event.branch, "commit": event.commit},
            target=self.target.name,
            message=facts.message,
            author=facts.author,
            plan=self.plan.to_json(),
        )

    def _actions(self, release: Release | None, rollback_to: str | None) -> dict[str, Action]:
        from shiplane.pipeline.actions import Actions  # noqa: PLC0415 - see execute()

        app = self.app
        reuse = self._reuse()
        table = Actions(
            runner=app.runner,
            checkout=app.checkout,
            environ=app.environ,
            config=app.config,
            facts=app.facts,
            event=self.plan.event,
            target=self.target,
            environments=self.environments,
            store=app.store,
            journal=self.journal,
            run=self.id,
            release=release,
            rollback_to=rollback_to,
            restore_database=self.restore_database,
            waits=self._waits,
            only_forward=self._only_forward,
            lab_up=self._lab_up,
            survey=app.survey,
            reuse=reuse,
        ).table()
        table["promote"] = self.place.final(table["promote"])
        return {name: reuse.around(action) for name, action in table.items()}

    @property
    def _waits(self) -> bool:
        """Tell whether who holds an environment is waited for: a pipeline does, on GitHub too; a person is told."""
        return self.manner.command in _ALONE or self.view.github

    @property
    def _only_forward(self) -> bool:
        """Tell whether production takes nothing older: after a push, in all jobs of its run, unless that is asked for.

        Who runs an old run again, or a pipeline in an old checkout, may not think of it; who names a release does.
        """
        command, environ = self.manner.command, self.app.environ
        pushed = self.plan.event.name == "push" if command in _ALONE else environ.get("GITHUB_EVENT_NAME") == "push"
        return pushed and not self.manner.older

    def _reuse(self) -> Reuse:
        from shiplane.cli.plans import items_of_steps  # noqa: PLC0415 - see execute()
        from shiplane.pipeline.reuse import Reuse  # noqa: PLC0415

        app = self.app
        return Reuse(
            runner=app.runner,
            checkout=app.checkout,
            config=app.config,
            environ=app.environ,
            results=app.results,
            run=self.folder.name,  # not the number, which commands of one run of GitHub's share
            items=items_of_steps(app, self.plan),
            survey=app.take_inventory,
            tools=app.tools,
            allowed=self.manner.reuse,
        )

    def _lab_up(self, runner: Runner, say: Callable[[str], None]) -> None:
        from shiplane.lab import lifecycle as lab  # noqa: PLC0415 - only the target lab needs it

        state = lab.up(self.app.checkout, say, runner)
        for name, url in state.environments.items():
            say(f"{name} is at {url}")
        self.boards.tell()

    def _summarise(self) -> None:
        from shiplane.report.closing import append_summary, show_summary  # noqa: PLC0415 - see execute()
        from shiplane.report.runs import load  # noqa: PLC0415
        from shiplane.report.summary import summary  # noqa: PLC0415

        if self.app.environ.get("GITHUB_STEP_SUMMARY"):
            append_summary(load(self.folder), self.app.environ["GITHUB_STEP_SUMMARY"])
        show_summary(summary(read(self.folder), self.folder), sys.stdout, self.view)


def exit_code(outcomes: dict[str, Outcome]) -> int:
    """Give a run's exit code: what happened to a server wins, then an interruption, then the first failure."""
    codes = [outcome.exit_code for outcome in outcomes.values() if outcome.status in ("failed", "cancelled")]
    for winner in (7, 6, 130):
        if winner in codes:
            return winner
    return next((code for code in codes if code), 1 if codes else 0)


def run_id(app: App, number: int) -> str:
    """Name a run so that no other run anywhere has the name; GitHub's own id where there is one."""
    github = app.environ.get("GITHUB_RUN_ID")
    return f"github-{github}" if github else f"{checkout_id(app.checkout)}-{number}"


def open_environments(app: App, target: Target, run: str) -> Environments:
    """Make what opens environments for a run (or for a command that only looks, with its own name)."""
    from shiplane.deploy.lock import Holder  # noqa: PLC0415 - only commands about environments need it
    from shiplane.pipeline.environments import Environments  # noqa: PLC0415

    def connect(host: Host) -> Runner:
        return app.world.server(host, app.masker)

    me = process.own()
    holder = Holder(run, _user(), socket.gethostname(), me.pid, machine=me.machine, started=me.started)
    opened = Environments(target, app.config, connect, app.world.http(target.ca_file), app.masker, holder)
    opened.local = app.runner
    opened.before = partial(_join_vpn, app, target, opened)
    return opened


def _join_vpn(app: App, target: Target, environments: Environments, name: str) -> None:
    """Join the VPN for a look, where servers are behind one and its secret is set; a run has a step for it."""
    from shiplane.cli.remote_target import named  # noqa: PLC0415 - only remote servers are behind one
    from shiplane.pipeline.tunnel import Tunnel  # noqa: PLC0415

    secret = Secret("TS_OAUTH_SECRET", named(app.environ, name, "TS_OAUTH_SECRET"))
    if target.name != "remote" or app.config.vpn.provider == "none" or not secret.value:
        return
    app.masker.add(secret)
    way = Tunnel(app.runner, app.config.vpn.tags, secret, lambda _line: None, Cancel())
    way.join(name, environments.at_close)


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return str(os.getuid())
