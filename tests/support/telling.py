"""The workflows run by act with jobs that leave journals: what GitHub then shows the project's own code writes."""

from __future__ import annotations

import shutil
import sys
from typing import TYPE_CHECKING

import journals
from acting import ROOT, Actor, program
from checkouts import make_checkout

if TYPE_CHECKING:
    from pathlib import Path

    from journals import Story

STAGES = {
    "check": ("build", "test"),
    "build": ("build", "test", "publish"),
    "staging": ("staging", "e2e"),
    "production": ("production",),
}
"""The stages of each job."""
# In the place of `invoke`: typed as before, then the journal of the job and its summary, or the real report.
_INVOKE = """\
#!{python}
import os, pathlib, shutil, subprocess, sys
sys.path.insert(0, {sources!r})
from shiplane.report.closing import append_summary
from shiplane.report.runs import load
played, words = pathlib.Path(os.environ["PLAYED"]), sys.argv[1:]
subprocess.run([str(played / "bin" / "typed"), *words], check=True)
if words[0] == "report":
    os.environ["PYTHONPATH"] = {sources!r}
    os.execv(sys.executable, [sys.executable, "-m", "invoke", *words])
if words[0] in ("pipeline", "deploy", "promote"):
    runs, number = pathlib.Path(".shiplane/runs"), os.environ["GITHUB_RUN_NUMBER"]
    before = len(list(runs.glob(number + "*")))
    folder = runs / (number + "-" + str(before + 1) if before else number)
    shutil.copytree(played / "journals" / os.environ["GITHUB_JOB"] / "1", folder)
    append_summary(load(folder), os.environ["GITHUB_STEP_SUMMARY"])
"""


def story(job: str) -> Story:
    """Tell the part of a run that one job carried out."""
    whole, stages = journals.passed(1), STAGES[job]
    whole.steps = {name: step for name, step in whole.steps.items() if name.partition(".")[0] in stages}
    whole.extra = [(at, record) for at, record in whole.extra if _stage(record) in stages]
    return whole


def _stage(record: dict[str, object]) -> object:
    if record["kind"] == "release_published":
        return "publish"
    return record.get("stage") or record.get("environment")


class Teller(Actor):
    """Act for GitHub in a checkout whose jobs leave the journals of one run."""

    def lay_out(self) -> None:
        """Make the checkout, the journals by job, and what leaves them."""
        make_checkout(self.repository)
        shutil.copy(ROOT / "tasks.py", self.repository / "tasks.py")
        super().lay_out()
        typed: Path = self.played / "bin" / "invoke"
        typed.rename(typed.with_name("typed"))
        program(typed, _INVOKE.format(python=sys.executable, sources=str(ROOT / "src")))
        for job in STAGES:
            story(job).write(self.played / "journals" / job)
