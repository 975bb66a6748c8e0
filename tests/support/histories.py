"""What is decided after a run: a small repository in which one passed, what changed since, and the plan of the next."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from checkouts import COMPOSE, make_checkout
from samples import TIME
from shiplane.cli.app import App
from shiplane.cli.plans import items_of_steps, pipeline_plan
from shiplane.model import Command
from shiplane.pipeline.execute import Execution
from shiplane.pipeline.journal import Journal
from shiplane.pipeline.reuse import Reuse
from shiplane.runners.local import LocalRunner
from shiplane.runners.recording import RecordingRunner
from worlds import RecordedWorld

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from shiplane.model import Plan
    from shiplane.runners.base import Cancel, Completed, Masker

_BESIDE = {
    ".gitignore": "/.shiplane/\n",
    "README.md": "# The application\n",
    "backend/Dockerfile": "FROM python\n",
    "backend/board/retention.py": "DAYS = 30\n",
    "backend/board/views.py": "PAGE = 50\n",
    "backend/requirements/production.txt": "django==5.2\n",
    "docs/guide.md": "# Guide\n",
    "frontend/Dockerfile": "FROM node\n",
    "frontend/src/App.vue": "<template />\n",
    "testing/tests/e2e/board.spec.ts": "// the board\n",
}
"""What there is beside `checkouts.FILES`, so that files of every kind can change."""
WAYS: Mapping[str, Callable[[str], str | None]] = {
    "a line": lambda text: f"{text}\n",
    "a version bump": lambda text: text.replace("1.0.0", "1.0.1"),
    "added": lambda _: "new\n",
    "removed": lambda _: None,
}
"""How a file can change: what becomes of its text, None where it is gone."""
# Whatever this machine has set up for git, the repository is the same.
_ENVIRON = {
    "PATH": os.environ.get("PATH", os.defpath),
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
    **{
        f"GIT_{who}_{what}": value
        for who in ("AUTHOR", "COMMITTER")
        for what, value in (("NAME", "Ada"), ("EMAIL", "ada@example.com"), ("DATE", TIME))
    },
}


class _Runner(RecordingRunner):
    """Let git answer itself; the engine is a recording."""

    def __init__(self, checkout: Path) -> None:
        super().__init__([COMPOSE])
        self._git = LocalRunner(checkout, _ENVIRON)

    def run(
        self, command: Command, *, on_line: Callable[[str], None] | None = None, cancel: Cancel | None = None
    ) -> Completed:
        chosen = self._git.run if command.argv[0] == "git" else super().run
        return chosen(command, on_line=on_line, cancel=cancel)


class _World(RecordedWorld):
    def local(self, checkout: Path, environ: Mapping[str, str], masker: Masker) -> RecordingRunner:
        del environ, masker
        return _Runner(checkout)


def decisions(given: Mapping[str, Any], folder: Path) -> dict[str, dict[str, str]]:
    """Give what the plan decides for each step, as `invoke plan --json` tells it.

    `given` holds event, branch and target; `passed_before` (run, event and branch of a run whose steps all passed),
    `changed` (files committed since, each with one of `WAYS`), and whether the last run was `cut_off` and `no_reuse`
    was asked for.
    """
    before = given["passed_before"]
    make_checkout(folder, _BESIDE)
    _git(folder, "init", "--quiet", "--template=", "--initial-branch", before["branch"])
    _commit(folder, "Begin")
    _pass(App(folder, {}, _World()), {**given, **before})
    if given["branch"] != before["branch"]:
        _git(folder, "switch", "--quiet", "--create", given["branch"])
    if given["changed"]:
        _change(folder, given["changed"])
    app = App(folder, {}, _World())
    if given.get("cut_off"):
        _begin(app.store.new_run({})[1], _plan(app, given))
    plan = _plan(app, given, reuse=not given.get("no_reuse"))
    return {step["id"]: step["decision"] for stage in plan.to_json()["stages"] for step in stage["steps"]}


def _plan(app: App, given: Mapping[str, Any], *, reuse: bool = True) -> Plan:
    return pipeline_plan(app, app.event(given["event"]), app.target(given["target"]), reuse=reuse)


def _pass(app: App, given: Mapping[str, Any]) -> None:
    """Run a plan whose steps do nothing and pass; their results are kept and told as those of any other run."""
    plan = _plan(app, given)
    _, place = app.store.new_run({"GITHUB_RUN_NUMBER": str(given["run"])})
    reuse = Reuse(
        runner=app.runner,
        checkout=app.checkout,
        config=app.config,
        environ=app.environ,
        results=app.results,
        run=place.name,
        items=items_of_steps(app, plan),
        survey=lambda: app.inventory,  # no step changes anything
        tools=app.tools,
    )
    journal = _begin(place, plan)
    passing = reuse.around(lambda *_: None)
    ends = Execution(plan, journal, dict.fromkeys((step.action for step in plan.steps), passing), 2).run()
    assert {end.status for end in ends.values()} == {"passed"}
    journal.write("run_ended", status="passed", exit_code=0, seconds=1.0)


def _begin(place: Path, plan: Plan) -> Journal:
    journal = Journal(place)
    journal.write("run_started", plan=plan.to_json())
    return journal


def _change(folder: Path, changed: Mapping[str, str]) -> None:
    """Change files and commit them; a file is there already unless it is added."""
    for name, way in changed.items():
        file = folder / name
        assert file.exists() == (way != "added"), name
        before = file.read_text() if file.exists() else ""
        after = WAYS[way](before)
        assert after != before, f"{name} has no version"
        if after is None:
            file.unlink()
        else:
            file.write_text(after)
    _commit(folder, "Go on")


def _commit(folder: Path, message: str) -> None:
    _git(folder, "add", "--all")
    _git(folder, "commit", "--quiet", "--message", message)


def _git(folder: Path, *arguments: str) -> None:
    done = LocalRunner(folder, _ENVIRON).run(Command(("git", *arguments)))
    assert done.ok, done.output
