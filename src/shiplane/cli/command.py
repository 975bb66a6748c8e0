"""How a function becomes an Invoke task: help for its options, errors told, exit codes kept."""

from __future__ import annotations

import functools
import inspect
from typing import TYPE_CHECKING, ParamSpec, TypeVar, cast

from invoke.tasks import task

from shiplane.cli.failures import told
from shiplane.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

    from invoke.tasks import Task

P = ParamSpec("P")
R = TypeVar("R")

# One text per option, wherever it appears.
HELP = {
    "admin": "administrator to connect as, such as root, or one who may sudo; default: the deploy user",
    "apply": "make what is missing",
    "backup": "its name, one of its files, a file from elsewhere, or last",
    "bash": "the system's shell instead of the service's own",
    "allow_migration": "pending migration (app.0002_name) that may break what serves; repeat it, or use commas",
    "bundle": "write one file for a colleague: cause, masked logs, versions, what changed, how to repeat it",
    "cache": "build with the cache, or --no-cache without",
    "client": "hand what follows -- to the service's own shell: psql, redis-cli, manage.py shell",
    "commit": "record the files and tag them; --no-commit leaves them as edits",
    "component": "component whose version is raised, or all",
    "cancel": "ask an older run of the same branch and target to end; --no-cancel waits for it",
    "changed": "only suites that read a file which differs from the last commit",
    "clean": "remove a test environment that is still there first; no other stack is touched",
    "branch": "branch to act for; default: the one that is checked out, for history all",
    "debugger": "let a debugger attach to the backend, on 127.0.0.1:5678",
    "degree": "containers, logs, caches, or all, with the data",
    "dry_run": "print the plan and change nothing",
    "e2e": "then the browser tests, with the environment held to their end: no other release comes between",
    "env": "environment: staging or production",
    "end_job": "end what runs on the server for the lock, which undoes it",
    "event": "push, pull_request or manual; default: what GitHub says, else push",
    "fail_fast": "stop what runs as soon as a step has failed",
    "fix": "mend what is safe to mend",
    "follow": "go on printing",
    "github": "look at the secrets and variables of the repository on GitHub instead, by name",
    "graph": "print the plan as a Mermaid flowchart, for documents",
    "headed": "show the browser on this screen",
    "from_": "first stage to run; those before have to have passed for what is here",
    "json": "JSON for machines",
    "if_deployed": "end well, with a line that says so, where the environment has no server or no release yet",
    "junit": "write the tests of the run into this file as JUnit XML; - prints them",
    "keep": "leave the environment running afterwards; where data goes: make a backup first, --no-keep does not",
    "key": "dotted key below tool.shiplane, such as limits.e2e",
    "last_failed": "only the tests that failed when they ran last",
    "limit": "how many of the newest",
    "markdown": "write the summary into this file as Markdown; - prints it",
    "mine": "as you, so that files written into the checkout are yours",
    "open": "show the page in a browser",
    "older": "let production get a release that is older than what serves there; a push else does not",
    "only": "the one stage to run; those before have to have passed for what is here",
    "origin": "also where each value comes from",
    "parallel": "steps that may run side by side; default: parallel of the configuration, else one a core",
    "part": "of a version: major, minor or patch, or the new one itself; of a backup: database, media or static",
    "plain": "one line an event, no live display",
    "quiet": "only failures and the end",
    "restore_database": "also bring back the backup from before the migrations since then; another is made first",
    "link": "address of the run's page; default: as GitHub tells",
    "resume": "go on with the last run, which has to be of the same plan",
    "reuse": "let results of earlier runs count; --no-reuse runs everything",
    "rebuild": "build the production images anew, without caches; what is published has to come out the same",
    "ref": "image in a registry: registry/owner/name:tag, or name@sha256:…",
    "recovery": "also stop the database, see that it is noticed, start it, and see the application recover",
    "release": "release, by name or commit; default: the published one of HEAD; for e2e, promote: what runs there",
    "run": "number or id of a run; default: the last",
    "seconds": "how long to wait for answers; default: 2.3, so that the whole takes three",
    "seed": "add example data; --no-seed does not",
    "service": "one service of the stack",
    "shell": "bash, zsh or fish; default: the one that SHELL names",
    "since": "how far back, such as 10m",
    "start": "also start the development stack and run the first tests; --no-start leaves both out",
    "survey": "also ask engine, registry and servers what the plan leaves to them",
    "tail": "how many of the latest",
    "stale": "remove it only where nobody renews it, and then unasked",
    "strategy": "how the new release replaces the old: rolling or recreate; default: rollout of the configuration",
    "suite": "all, unit, integration, e2e, visual or performance; repeat it, or use commas; default: all",
    "target": "lab or remote; default: default_target of the configuration",
    "to": "where to: an environment for promote, a release for rollback",
    "until": "last stage to run",
    "update_baseline": "take the pictures that the suite visual compares with anew",
    "value": "the new value; lists with commas, or as TOML",
    "verbose": "every line of output as it comes",
    "volumes": "remove the data too",
    "watch": "go on: with each edit, run what it may change",
    "whole": "in GitHub Actions: all jobs of the run as one",
    "with_celery": "start the worker too",
    "yes": "agree beforehand",
}


# What the parameter `view` of a command becomes on the command line.
_VIEW = ("plain", "quiet", "verbose")


def command(function: Callable[P, R]) -> Task[Callable[P, R]]:
    """Make a task of a function; KeyError where one of its options has no help text.

    An option whose default is None can be given several times and becomes a list; a parameter `view` becomes the
    options that say how a run is shown.
    """
    body = _with_view(function)
    options = inspect.signature(body).parameters
    names = list(options)[1:]
    repeated = [name for name in names if options[name].default is None]
    made: Task[Callable[P, R]] = task(help={name: HELP[name] for name in names}, iterable=repeated)(told(body))
    return made


def _with_view(function: Callable[P, R]) -> Callable[P, R]:
    signature = inspect.signature(function)
    if "view" not in signature.parameters:
        return function

    @functools.wraps(function)
    def body(*args: P.args, **kwargs: P.kwargs) -> R:
        from shiplane.report.view import View  # noqa: PLC0415 - not needed for --list

        plain, quiet, verbose = (bool(kwargs.pop(name, False)) for name in _VIEW)
        if quiet and verbose:
            raise UsageError("--quiet and --verbose contradict each other", "give one of them")
        kwargs["view"] = View(plain=plain, quiet=quiet, verbose=verbose)
        return function(*args, **kwargs)

    others = [each for each in signature.parameters.values() if each.name != "view"]
    shown = [inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=False) for name in _VIEW]
    body.__signature__ = signature.replace(parameters=[*others, *shown])  # type: ignore[attr-defined]
    return cast("Callable[P, R]", body)
