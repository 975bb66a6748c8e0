"""Workflows run on this machine by act; what they call is recorded, and GitHub's keeping of artifacts is played."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

ROOT = Path(__file__).parents[2]
SECRETS = (
    *("SERVER_HOST", "SERVER_USER", "SSH_PRIVATE_KEY", "DB_PASSWORD", "REDIS_PASSWORD"),
    *("TS_OAUTH_CLIENT_ID", "TS_OAUTH_SECRET"),
)
_OUTPUT = re.compile(r"needs\.(\w+)\.outputs\.state")
# act prints what a step leaves for the page of its job.
_SUMMARY = re.compile(
    r"^\[[\w-]+/(?P<job>[^\]]+?) *\] +⚙ +Summary - (?P<text>.*?)(?=\n\[[\w-]+/)", re.MULTILINE | re.DOTALL
)
_RUNNER = "ubuntu-24.04=-self-hosted"
# In the place of `invoke`: what was typed in which job, what it was given, and what jobs before had left.
_INVOKE = """\
#!{python}
import json, os, pathlib, sys
runs = pathlib.Path(".shiplane/runs")
runs.mkdir(parents=True, exist_ok=True)
job, words = os.environ["GITHUB_JOB"], sys.argv[1:]
told = {{"job": job, "line": " ".join(words), "left": sorted(each.name for each in runs.iterdir())}}
told["secrets"] = [name for name in {secrets!r} if os.environ.get(name)]
told["token"] = bool(os.environ.get("GITHUB_TOKEN"))
jobs = json.loads(os.environ.get("SHIPLANE_JOBS") or "{{}}")
told["jobs"] = {{name: one["result"] for name, one in jobs.items()}}
told["outputs"] = {{name: one["outputs"] for name, one in jobs.items()}}
told["event"] = os.environ["GITHUB_EVENT_NAME"]
with open(os.environ["PLAYED"] + "/log", "a") as log:
    log.write(json.dumps(told) + "\\n")
(runs / job).touch()
sys.exit(3 if words[0] == os.environ.get("FAILING") else 0)
"""
_BOOTSTRAP = '#!/bin/bash\necho "$PLAYED/bin" >>"$GITHUB_PATH"\n'
_CACHE = "{path: {required: true}, key: {required: true}, restore-keys: {}}"
_KEEP = """\
mkdir -p "$PLAYED/artifacts/$NAME"
for path in $PATHS; do [[ ! -e $path ]] || cp -r "$path" "$PLAYED/artifacts/$NAME/"; done
echo "id=$NAME" >>"$GITHUB_OUTPUT"
"""
_TAKE = """\
mkdir -p "$FOLDER"
cp -r "$PLAYED/artifacts/${NAME:?}/." "$FOLDER/"
"""


@dataclass(frozen=True, slots=True)
class Acted:
    """Hold how a workflow ended, what its jobs called, in order, and what act said."""

    code: int
    calls: list[dict[str, Any]]
    said: str

    @property
    def lines(self) -> list[tuple[str, str]]:
        """Give the lines by job; `$RELEASE` and the like are filled in."""
        return [(call["job"], call["line"]) for call in self.calls]

    @property
    def summaries(self) -> list[tuple[str, str]]:
        """Give what stands on the pages of jobs, each with the job's name, in order."""
        return [(found["job"], found["text"]) for found in _SUMMARY.finditer(self.said)]

    def first(self, job: str) -> dict[str, Any]:
        """Give the first call of a job."""
        return next(call for call in self.calls if call["job"] == job)


class Actor:
    """Act for GitHub in a small repository with the project's own workflows."""

    def __init__(self, folder: Path) -> None:
        names = ("repository", "played", "home", "workflows")
        self.repository, self.played, self.home, self.workflows = (folder / name for name in names)
        self.home.mkdir(parents=True)
        self.played.mkdir()
        shutil.copytree(ROOT / ".github" / "workflows", self.workflows)
        for file in self.workflows.iterdir():
            # act does not know this word yet, and takes the outputs of a job that was left out as they are written.
            text = file.read_text().replace(", deployment: false", "")
            file.write_text(_OUTPUT.sub(r"(needs.\1.result != 'skipped' && needs.\1.outputs.state || '')", text))
        self._actions(folder / "actions")
        self.lay_out()
        self.commit = self.git("rev-parse", "HEAD")

    def lay_out(self) -> None:
        """Make the repository, and what plays the programs that its workflows call."""
        program(self.repository / "scripts" / "bootstrap", _BOOTSTRAP)
        program(self.played / "bin" / "invoke", _INVOKE.format(python=sys.executable, secrets=SECRETS))
        for words in (("init", "-q", "-b", "main"), ("add", "-A"), ("commit", "-q", "-m", "Begin")):
            self.git(*words)

    def given(self) -> dict[str, str]:
        """Give the repository's secrets."""
        return {**{name: f"secret of {name}" for name in SECRETS}, "GITHUB_TOKEN": "a token"}

    def variables(self) -> dict[str, str]:
        """Give the repository's variables."""
        return {}

    def environ(self) -> dict[str, str]:
        """Give what else each step finds in its environment."""
        return {}

    def _file(self, name: str, values: Mapping[str, str]) -> str:
        file = self.home / name
        file.touch(mode=0o600)
        file.write_text(json.dumps(values))  # which is YAML too
        return str(file)

    def run(self, event: str, payload: Mapping[str, Any], workflow: str = "pipeline", failing: str = "") -> Acted:
        """Let an event happen; `failing` is the command that fails."""
        for kept in ("log", "artifacts"):
            shutil.rmtree(self.played / kept, ignore_errors=True)
            (self.played / kept).unlink(missing_ok=True)
        told = self.home / "event.json"
        told.write_text(json.dumps(payload))
        words = ["-W", str(self.workflows / f"{workflow}.yml"), "-e", str(told), "-P", _RUNNER, "--no-cache-server"]
        words += [word for pair in self.local for word in ("--local-repository", pair)]
        environ = {"PLAYED": str(self.played), "FAILING": failing, **self.environ()}
        for kind, values in (("secret", self.given()), ("var", self.variables()), ("env", environ)):
            words += [f"--{kind}-file", self._file(f"{kind}.yml", values)]
        act = str(Path(sys.executable).with_name("act"))
        done = subprocess.run(
            [act, event, *words], cwd=self.repository, env=self._env(), capture_output=True, text=True, check=False
        )
        log = self.played / "log"
        calls = [json.loads(line) for line in log.read_text().splitlines()] if log.exists() else []
        return Acted(done.returncode, calls, done.stdout + done.stderr)

    def _actions(self, folder: Path) -> None:
        """Make our play of the actions, and note for each pin that it is taken instead."""
        inputs = "{name: {required: true}, path: {required: true}, include-hidden-files: {}, retention-days: {}}"
        outputs = '{artifact-id: {value: "${{ steps.it.outputs.id }}"}}'
        given = {"NAME": "${{ inputs.name }}", "PATHS": "${{ inputs.path }}"}
        _action(folder / "upload-artifact", inputs, given, _KEEP, outputs)
        inputs = '{artifact-ids: {required: true}, path: {default: "."}, merge-multiple: {}}'
        given = {"NAME": "${{ inputs.artifact-ids }}", "FOLDER": "${{ inputs.path }}"}
        _action(folder / "download-artifact", inputs, given, _TAKE)
        for place in ("cache", "cache/restore"):
            _action(folder / place, _CACHE, {}, "true\n")
        texts = [file.read_text() for file in (ROOT / ".github" / "workflows").iterdir()]
        pins = {pin for text in texts for pin in re.findall(r"actions/([\w-]+)(?:/restore)?@([0-9a-f]{40})", text)}
        self.local = [f"actions/{name}@{pin}={folder / name}" for name, pin in sorted(pins) if name != "checkout"]

    def git(self, *words: str) -> str:
        """Run git in the repository."""
        who = ("-c", "user.name=Ada", "-c", "user.email=ada@example.com")
        argv = ["git", *who, *words]
        done = subprocess.run(argv, cwd=self.repository, env=self._env(), capture_output=True, text=True, check=True)
        return done.stdout.strip()

    def _env(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("GITHUB_", "ACT", "XDG_"))}
        return {**kept, "HOME": str(self.home)}


def program(file: Path, text: str) -> None:
    """Write a program."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    file.chmod(0o755)


def _action(folder: Path, inputs: str, env: Mapping[str, str], script: str, outputs: str = "{}") -> None:
    folder.mkdir(parents=True, exist_ok=True)
    run = json.dumps({"id": "it", "shell": "bash", "env": dict(env), "run": script})
    steps = f"runs: {{using: composite, steps: [{run}]}}"
    (folder / "action.yml").write_text(f"name: {folder.name}\ninputs: {inputs}\noutputs: {outputs}\n{steps}\n")
