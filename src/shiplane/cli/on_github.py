"""What GitHub tells a command: the repository and its token, the run at hand with all its jobs, and the event."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from shiplane.commands import git
from shiplane.errors import NoRun, SecretsMissing, UsageError
from shiplane.model import Secret
from shiplane.pipeline.github_api import Repository
from shiplane.pipeline.journal import read
from shiplane.report.masking import masked, without_tokens
from shiplane.report.runs import find
from shiplane.report.state import RunState, fold
from shiplane.report.whole_run import WholeRun, merged
from shiplane.runners.http import is_loopback

if TYPE_CHECKING:
    from collections.abc import Mapping

    from shiplane.cli.app import App
    from shiplane.model import Status

JOBS_VARIABLE = "SHIPLANE_JOBS"
"""Holds `${{ toJSON(needs) }}` in a workflow: what became of the jobs before."""
_ORIGIN = re.compile(r"github\.com[:/]([\w.-]+/[\w.-]+?)(?:\.git)?\s*$")
_NAME = re.compile(r"[\w.-]+/[\w.-]+")
_RESULTS = ("success", "failure", "cancelled", "skipped")


def origin(app: App) -> str:
    """Name the repository on GitHub that this one was cloned from; empty where it is none."""
    found = _ORIGIN.search(app.runner.run(git.origin()).stdout)
    return found[1] if found else ""


def repository(environ: Mapping[str, str], otherwise: str = "") -> Repository:
    """Give the repository that GITHUB_REPOSITORY names; raises `SecretsMissing` where there is no token for it."""
    name = environ.get("GITHUB_REPOSITORY") or otherwise
    if not _NAME.fullmatch(name):
        what = f"GITHUB_REPOSITORY is {name!r}, which is no repository" if name else "no repository is named"
        raise UsageError(what, "set GITHUB_REPOSITORY to owner/name")
    token = environ.get("GITHUB_TOKEN") or environ.get("GH_TOKEN")
    if not token:
        raise SecretsMissing(["GITHUB_TOKEN"], name)
    api = _address(environ, "GITHUB_API_URL", "https://api.github.com")
    web = _address(environ, "GITHUB_SERVER_URL", "https://github.com")
    return Repository(name, Secret("GITHUB_TOKEN", token), api, web)


def _address(environ: Mapping[str, str], name: str, otherwise: str) -> str:
    """Give an address without a slash at its end; the token is sent by HTTPS, or within this machine."""
    url = (environ.get(name) or otherwise).rstrip("/")
    parts = urlsplit(url)
    if parts.scheme == "https" or (parts.scheme == "http" and is_loopback(parts.hostname or "")):
        return url
    raise UsageError(f"{name} is {url!r}, to which no token is sent", "set it to an address that begins with https://")


def whole_run(app: App, asked: str = "", link: str = "") -> WholeRun:
    """Give the run that was asked for, by default that of GitHub's which this is a job of, else the last here.

    Everything in it is masked; raises `NoRun` where neither a journal nor a job tells of one.
    """
    jobs, environ = jobs_of(app.environ), app.environ
    folders = [] if asked else _folders(app)
    if not folders and not (jobs and not asked):
        folders = [find(app.store, asked).folder]
    cut_off: Status = "cancelled" if "cancelled" in jobs.values() else "failed"
    run = merged((fold(masked(record, _mask(app)) for record in read(folder)) for folder in folders), cut_off)
    if not folders:
        run = _untold(app)
    if asked:
        return WholeRun(folders[0].name, run.id, run, link)
    number, attempt = environ.get("GITHUB_RUN_NUMBER") or str(run.number), environ.get("GITHUB_RUN_ATTEMPT", "1")
    name = f"{run.id or environ.get('GITHUB_RUN_ID', number)}.{attempt}"
    return WholeRun(number, name, run, link or _link(environ), jobs, _silent(environ))


def _mask(app: App) -> Any:  # noqa: ANN401 - a function
    return lambda text: without_tokens(app.masker.mask(text))


def _folders(app: App) -> list[Path]:
    """Give the folders of the commands of GitHub's run, oldest first."""
    number = app.environ.get("GITHUB_RUN_NUMBER", "")
    named = [folder for folder in app.store.run_folders() if number and folder.name.partition("-")[0] == number]
    return named[::-1]


def _untold(app: App) -> RunState:
    """Describe a run of which no job came as far as a journal."""
    if not jobs_of(app.environ):
        raise NoRun
    event = app.event()
    number = app.environ.get("GITHUB_RUN_NUMBER", "0")
    return RunState(
        number=int(number) if number.isdecimal() else 0,
        event=event.name,
        branch=event.branch,
        commit=event.commit,
        message=app.facts.message,
        status="skipped",
    )


def _link(environ: Mapping[str, str]) -> str:
    server, name, run = (environ.get(f"GITHUB_{word}", "") for word in ("SERVER_URL", "REPOSITORY", "RUN_ID"))
    attempt = environ.get("GITHUB_RUN_ATTEMPT", "1")
    tail = "" if attempt == "1" else f"/attempts/{attempt}"
    return f"{server}/{name}/actions/runs/{run}{tail}" if server and name and run else ""


def jobs_of(environ: Mapping[str, str]) -> dict[str, str]:
    """Read the results of jobs; raises `UsageError` where the variable holds something else."""
    text = environ.get(JOBS_VARIABLE, "")
    if not text:
        return {}
    try:
        found = {str(name): str(job["result"]) for name, job in json.loads(text).items()}
    except (ValueError, AttributeError, KeyError, TypeError):
        found = {"": ""}
    if any(result not in _RESULTS for result in found.values()):
        raise UsageError(f"{JOBS_VARIABLE} does not hold the results of jobs", "set it to ${{ toJSON(needs) }}")
    return found


def _silent(environ: Mapping[str, str]) -> frozenset[str]:
    """Name the jobs that handed nothing on, where `jobs_of` could read them."""
    told = json.loads(environ.get(JOBS_VARIABLE) or "{}")
    outputs = {name: job.get("outputs") for name, job in told.items()}
    return frozenset(name for name, each in outputs.items() if not (isinstance(each, dict) and any(each.values())))


def may_only_read(environ: Mapping[str, str]) -> bool:
    """Tell whether GitHub gives a token that writes nothing: to pull requests from forks, and to Dependabot's."""
    if environ.get("GITHUB_ACTOR") == "dependabot[bot]" and environ.get("GITHUB_EVENT_NAME") == "pull_request":
        return True
    try:
        event = json.loads(Path(environ.get("GITHUB_EVENT_PATH", "")).read_text(encoding="utf-8"))
        head = event["pull_request"]["head"]["repo"] or {}
    except (OSError, ValueError, KeyError, TypeError):
        return False
    return head.get("full_name") != environ.get("GITHUB_REPOSITORY")
